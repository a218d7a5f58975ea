/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * varlink-validate INTERFACE-FILE METHOD: is each reply on standard input what the interface promises
 * of this method? 0 yes; 1 no, and standard error says why; 2 when it could not be found out. The
 * input is replies, {"parameters":{...}}, one at least, or with -p their parameters alone. The file -
 * is the interface that this build has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/verbs.h"
#include "tests/control/varlink_check.h"

enum {
	TEXT_MAX = 1024 * 1024
};

/* The text, to be freed, or NULL with the reason told. */
static char *read_file(const char *path)
{
	FILE *file;
	char *text;

	if (strcmp(path, "-") == 0)
		return strdup(verb_interface);
	file = fopen(path, "r");
	text = file ? calloc(1, TEXT_MAX + 1) : NULL;
	if (!text || fread(text, 1, TEXT_MAX, file) == 0) {
		perror(path);
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* True when another reply begins. */
static bool more_follows(void)
{
	int c;

	while ((c = getchar()) == ' ' || c == '\n')
		;
	return c != EOF && ungetc(c, stdin) != EOF;
}

static bool check_next(const struct varlink_interface *interface, const char *method, bool bare)
{
	char reason[VARLINK_REASON_SIZE] = "";
	json_error_t error;
	json_t *reply = json_loadf(stdin, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
	bool good;

	if (reply && bare)
		reply = json_pack("{s:o}", "parameters", reply);
	good = reply && varlink_check_reply(interface, method, reply, reason);
	if (!good)
		fprintf(stderr, "%s\n", reply ? reason : error.text);
	json_decref(reply);
	return good;
}

int main(int argc, char **argv)
{
	bool bare = argc > 1 && strcmp(argv[1], "-p") == 0;
	char reason[VARLINK_REASON_SIZE] = "";
	struct varlink_interface *interface;
	char *text;
	bool good;

	if (argc - bare != 3) {
		fprintf(stderr, "usage: varlink-validate [-p] INTERFACE-FILE METHOD <REPLY\n");
		return 2;
	}
	text = read_file(argv[1 + bare]);
	if (!text)
		return 2;
	if (!varlink_parse(text, &interface, reason)) {
		fprintf(stderr, "%s: %s\n", argv[1 + bare], reason);
		free(text);
		return 2;
	}
	do
		good = check_next(interface, argv[2 + bare], bare);
	while (good && more_follows());
	varlink_free(interface);
	free(text);
	return good ? 0 : 1;
}
