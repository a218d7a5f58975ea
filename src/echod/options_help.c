/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * What echod says about itself: the usage line, the help and the version.
 */
#include "build.h"

#include "options_table.h"

void options_print_error(const struct options *options, FILE *stream)
{
	fprintf(stream, "echod: %s\nTry 'echod --help'.\n", options->message);
}

void options_print_usage(FILE *stream)
{
	fputs("usage: echod HOST PORT\n", stream);
}

static void print_row(const struct option_row *row, FILE *stream)
{
	char letter[8] = "    ";
	int used;

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	used = fprintf(stream, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
		       row->argument ? row->argument : "");
	fprintf(stream, "%*s%s\n", used < 30 ? 30 - used : 1, "", row->help);
}

void options_print_help(FILE *stream)
{
	fputs("Examples:\n"
	      "  echod 127.0.0.1 65432         echo there until interrupted, without a file\n"
	      "  echod '*' 7                   on all addresses, IPv4 and IPv6\n"
	      "  echod --check                 is the configuration file good?\n"
	      "  echod --daemon                serve what it says, in the background\n"
	      "  echod --transcript ::1 0      on a free port, showing what goes on\n"
	      "\n"
	      "Usage: echod [OPTION]... [HOST PORT]\n"
	      "\n"
	      "Without HOST PORT the listeners are those of the configuration file, which is\n",
	      stream);
	fprintf(stream,
		"%s/echod/echod.conf\nunless --config names another one. Options beat it.\n\n",
		SYSCONFDIR);
	for (size_t i = 0; i < n_option_rows; i++)
		print_row(&option_rows[i], stream);
	fputs("\nExit: 0 stopped as asked, 1 could not start, 2 usage, 78 bad configuration.\n"
	      "More: man 8 echod, man 5 echod.conf.\n",
	      stream);
}

void options_print_version(FILE *stream)
{
	fputs("echod " PACKAGE_VERSION "\n" ECHOD_FEATURES, stream);
	fprintf(stream, "  %-18s%s/echod/echod.conf\n  %-18s%s/echod\n", "configuration",
		SYSCONFDIR, "run-time state", RUNSTATEDIR);
}
