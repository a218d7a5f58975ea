/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * main.c: echod's options, then one call.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/echod/lifecycle.h"
#include "src/echod/options.h"

static int usage_error(const struct options *options)
{
	options_print_error(options, stderr);
	return EXIT_USAGE;
}

static int start_error(int error)
{
	fprintf(stderr, "echod: %s\n", strerror(error));
	return EXIT_STARTED_NOT;
}

/* Nothing at all was said, and there is nothing to read either. */
static bool is_lost(int argc, const struct options *options)
{
	return argc <= 1 && options_lack_configuration(options);
}

static int run(int argc, const struct options *options)
{
	if (options->help || options->version) {
		(options->help ? options_print_help : options_print_version)(stdout);
		return 0;
	}
	if (is_lost(argc, options)) {
		options_print_usage(stderr);
		return EXIT_USAGE;
	}
	return options->check ? lifecycle_check(options) : lifecycle_run(options);
}

int main(int argc, char **argv)
{
	struct options options;
	const int r = options_parse(argc, argv, &options);
	int code;

	if (r == -EINVAL)
		code = usage_error(&options);
	else
		code = r < 0 ? start_error(-r) : run(argc, &options);
	options_fini(&options);
	return code;
}
