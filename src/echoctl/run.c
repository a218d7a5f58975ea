/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run.c owns the order of a run: help and version need no daemon, a verb needs one.
 */
#include "echoctl/run.h"

#include "echoctl/session.h"
#include "echoctl/verbs.h"

static int run_verb(const struct options *options)
{
	struct session session = { .options = options };
	int code = options->verb->opens_session ? EXIT_OK : session_open(&session, options);

	if (code == EXIT_OK)
		code = options->verb->run(&session);
	session_close(&session);
	return code;
}

int run(const struct options *options)
{
	int code = EXIT_OK;

	if (options->help)
		options_print_help(options->verb, stdout);
	else if (options->version)
		options_print_version(stdout);
	else
		code = run_verb(options);
	return code == EXIT_OK ? session_flush() : code;
}
