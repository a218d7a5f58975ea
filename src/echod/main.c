/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * main.c: echod's options, then one call.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "echod/standard.h"
#include "src/echod/lifecycle.h"
#include "src/echod/options.h"

static int usage_error(const struct options *options)
{
	options_print_error(options, stderr);
	return EXIT_USAGE;
}

static int start_error(const char *what, int error)
{
	fprintf(stderr, "echod: %s%s\n", what, strerror(-error));
	return EXIT_STARTED_NOT;
}

/* What was asked for to be read, so it matters whether it was written. */
static int say(const struct options *options)
{
	int r;

	(options->help ? options_print_help : options_print_version)(stdout);
	r = standard_flush();
	return r < 0 ? start_error("standard output: ", r) : 0;
}

/* Nothing at all was said, and there is nothing to read either. */
static bool is_lost(int argc, const struct options *options)
{
	return argc <= 1 && options_lack_configuration(options);
}

static int run(int argc, const struct options *options)
{
	if (options->help || options->version)
		return say(options);
	if (is_lost(argc, options)) {
		options_print_usage(stderr);
		return EXIT_USAGE;
	}
	return options->check ? lifecycle_check(options) : lifecycle_run(options);
}

int main(int argc, char **argv)
{
	struct options options;
	int r = standard_hold(), code;

	if (r < 0)
		return start_error("/dev/null: ", r);
	r = options_parse(argc, argv, &options);
	if (r == -EINVAL)
		code = usage_error(&options);
	else
		code = r < 0 ? start_error("", r) : run(argc, &options);
	options_fini(&options);
	return code;
}
