/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * multiconn opens many connections to an echo server and compares every byte that comes back.
 */
#include "multiconn/multiconn.h"
#include "multiconn/options.h"

int main(int argc, char *argv[])
{
	struct options options;
	int code = options_parse(argc, argv, stdout, stderr, &options);

	if (code != OPTIONS_RUN)
		return code;
	code = multiconn_main(&options);
	options_fini(&options);
	return code;
}
