/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * help.c owns what echoctl says about itself. All lists come from the tables.
 */
#include "build.h"

#include <string.h>

#include "echoctl/options.h"
#include "echoctl/verbs.h"

enum {
	HELP_COLUMN = 28
};

void options_print_usage(FILE *stream)
{
	fputs("usage: echoctl [OPTION]... VERB [ARG]...\n", stream);
}

static void pad(int used, FILE *stream)
{
	fprintf(stream, "%*s", used < HELP_COLUMN ? HELP_COLUMN - used : 1, "");
}

static void print_verb(const struct verb *verb, FILE *stream)
{
	pad(fprintf(stream, "  %s%s%s", verb->name, verb->arguments[0] ? " " : "", verb->arguments),
	    stream);
	fprintf(stream, "%s\n", verb->help);
}

/* with_verbs: says which it goes with. */
static void print_option(const struct option_row *row, bool with_verbs, FILE *stream)
{
	char letter[8] = "    ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	pad(fprintf(stream, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
		    row->argument ? row->argument : ""),
	    stream);
	fprintf(stream, "%s", row->help);
	if (row->verb && with_verbs)
		fprintf(stream, " (%s)", row->verb);
	fputc('\n', stream);
}

static void print_verb_help(const struct verb *verb, FILE *stream)
{
	fprintf(stream, "Usage: echoctl [OPTION]... %s%s%s\n\n%s.\n", verb->name,
		verb->arguments[0] ? " " : "", verb->arguments, verb->help);
	if (verb->details)
		fprintf(stream, "%s", verb->details);
	fputc('\n', stream);
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].verb && options_go_with(&option_rows[i], verb))
			print_option(&option_rows[i], false, stream);
	for (size_t i = 0; i < n_option_rows; i++)
		if (!option_rows[i].verb)
			print_option(&option_rows[i], false, stream);
}

void options_print_help(const struct verb *verb, FILE *stream)
{
	if (verb) {
		print_verb_help(verb, stream);
		return;
	}
	fputs("Examples:\n"
	      "  echoctl status                     how the daemon is, at a glance\n"
	      "  echoctl --json status | jq .pid    the same for programs\n"
	      "  echoctl -s /tmp/x.sock ping        is that daemon there?\n"
	      "  echoctl top                        what goes on now, until q\n"
	      "  echoctl connections --idle 10m     who has been quiet for ten minutes\n"
	      "  echoctl disconnect --from 192.0.2.0/24 --dry-run\n"
	      "                                     how many a network's clients have open\n"
	      "  echoctl reload                     take over what the configuration says now\n"
	      "  echoctl stop --now                 end it without draining\n"
	      "\n"
	      "Usage: echoctl [OPTION]... VERB [ARG]...\n"
	      "\n",
	      stream);
	for (size_t i = 0; i < n_verbs; i++)
		print_verb(&verbs[i], stream);
	fputc('\n', stream);
	for (size_t i = 0; i < n_option_rows; i++)
		print_option(&option_rows[i], true, stream);
	fputs(
	    "\nExit: 0 ok, 1 refused, 2 usage, 3 not running, 4 not permitted, 5 no answer in time,\n"
	    "6 what answers is no echod that this program understands.\n"
	    "More: man 1 echoctl.\n",
	    stream);
}

void options_print_version(FILE *stream)
{
	fputs("echoctl " PACKAGE_VERSION "\n" ECHOD_FEATURES, stream);
	fprintf(stream, "  %-18s%s/echod\n", "run-time state", RUNSTATEDIR);
}
