/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * answers: the daemon's answers that lie beside the tests as files. Include tests/cmocka_all.h first.
 */
#ifndef TESTS_ECHOCTL_ANSWERS_H
#define TESTS_ECHOCTL_ANSWERS_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* The caller's. */
static inline json_t *answer_load(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	json_error_t error;
	json_t *answer;

	snprintf(path, sizeof(path), "%s/tests/echoctl/%s", top ? top : ".", name);
	answer = json_load_file(path, 0, &error);
	if (!answer)
		fail_msg("%s: %s", path, error.text);
	return answer;
}

#endif
