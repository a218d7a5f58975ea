/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * multiconn opens many connections to an echo server and compares every byte that comes back.
 */
#include <stdio.h>
#include <string.h>

#include "echod/standard.h"
#include "multiconn/multiconn.h"
#include "multiconn/options.h"
#include "multiconn/report.h"

/* Standard output may have gone while we worked; what was found out still counts. */
static int end(int code)
{
	const int r = standard_flush();

	if (r == 0)
		return code;
	fprintf(stderr, "multiconn: standard output could not be written: %s\n", strerror(-r));
	return code == EXIT_VERIFIED ? EXIT_RUN_TIME : code;
}

int main(int argc, char *argv[])
{
	struct options options;
	int code;

	if (standard_hold() < 0)
		return EXIT_RUN_TIME;
	code = options_parse(argc, argv, stdout, stderr, &options);
	if (code != OPTIONS_RUN)
		return end(code);
	code = multiconn_main(&options);
	options_fini(&options);
	return end(code);
}
