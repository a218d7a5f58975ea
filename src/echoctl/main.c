/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * echoctl: asks a running echod, and tells it what to do.
 */
#include <stdio.h>

#include "echoctl/options.h"
#include "echoctl/run.h"
#include "echoctl/session.h"
#include "echod/standard.h"

int main(int argc, char **argv)
{
	struct options options;

	if (standard_hold() < 0)
		return EXIT_REFUSED;
	if (argc < 2) {
		options_print_usage(stderr);
		return EXIT_USAGE;
	}
	if (options_parse(argc, argv, &options) < 0) {
		session_complain("%s", options.message);
		fputs("Try 'echoctl --help'.\n", stderr);
		return EXIT_USAGE;
	}
	return run(&options);
}
