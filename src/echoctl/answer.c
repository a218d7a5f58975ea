/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * answer.c owns the way from an answer to standard output.
 */
#include "echoctl/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echoctl/session.h"

int answer_call(struct session *session, enum verb_method method, json_t *parameters,
		json_t **ret_parameters)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", CONTROL_INTERFACE, verb_methods[method].name);
	return session_call(session, name, parameters, ret_parameters);
}

bool answer_wants_color(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return !options->no_color && !(no_color && no_color[0]) && isatty(STDOUT_FILENO) &&
	       !(terminal && strcmp(terminal, "dumb") == 0);
}

int answer_is_wrong(const struct session *session, const char *wrong)
{
	if (wrong[0] == '\0') {
		session_complain("out of memory");
		return EXIT_REFUSED;
	}
	session_complain("%s: the daemon's answer is not as this version expects it: %s",
			 session->path, wrong);
	return EXIT_PROTOCOL;
}

int answer_show(const struct session *session, json_t *parameters,
		int (*render)(const json_t *parameters, bool color, FILE *out,
			      char ret_wrong[static RENDER_WRONG_SIZE]))
{
	char wrong[RENDER_WRONG_SIZE] = "";
	int r;

	if (session->options->json)
		r = render_json(parameters, isatty(STDOUT_FILENO), stdout);
	else
		r = render(parameters, answer_wants_color(session->options), stdout, wrong);
	json_decref(parameters);
	return r == 0 ? EXIT_OK : answer_is_wrong(session, wrong);
}
