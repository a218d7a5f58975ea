/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_play.c: see log_play.h. Owns the log's directory, and the time.
 */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/log.h"
#include "tests/base/log_play.h"

int64_t log_play_ms;
char log_play_path[128];
static char directory[64];

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void)
{
	return log_play_ms;
}

int log_play_setup(void **state)
{
	const struct log_settings settings = {
		.program = "echod",
		.target = LOG_TARGET_FILE,
		.file = log_play_path,
		.level = LOG_LEVEL_DEBUG,
	};

	(void)state;
	log_play_ms += 1000000; /* nothing is a repeat of the test before */
	strcpy(directory, "/tmp/test_log.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(log_play_path, sizeof(log_play_path), "%s/log", directory);
	return log_open(&settings);
}

int log_play_teardown(void **state)
{
	char other[160];

	(void)state;
	log_close();
	snprintf(other, sizeof(other), "%s.1", log_play_path);
	unlink(other);
	unlink(log_play_path);
	return rmdir(directory);
}

const char *log_play_content(const char *file)
{
	static char text[16384];
	FILE *f = fopen(file, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}
