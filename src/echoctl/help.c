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
	HELP_COLUMN = 28,
	HELP_WIDTH = 80
};

void options_print_usage(FILE *stream)
{
	fputs("usage: echoctl [OPTION]... VERB [ARG]...\n", stream);
}

/* Fills lines with the words of text, from the column that has been reached; each further line begins
 * at indent. */
static void print_filled(const char *text, size_t column, size_t indent, FILE *stream)
{
	while (*text != '\0') {
		const size_t length = strcspn(text, " \n");
		const bool first = column <= indent;

		if (!first && column + 1 + length > HELP_WIDTH) {
			fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', stream);
			column++;
		}
		fwrite(text, 1, length, stream);
		column += length;
		text += length + strspn(text + length, " \n");
	}
	fputc('\n', stream);
}

/* What stands on the right, beside what used so many columns or below it. */
static void print_right(int used, const char *text, FILE *stream)
{
	if (used >= HELP_COLUMN) {
		fputc('\n', stream);
		used = 0;
	}
	fprintf(stream, "%*s", HELP_COLUMN - used, "");
	print_filled(text, HELP_COLUMN, HELP_COLUMN, stream);
}

static void print_verb(const struct verb *verb, FILE *stream)
{
	print_right(
	    fprintf(stream, "  %s%s%s", verb->name, verb->arguments[0] ? " " : "", verb->arguments),
	    verb->help, stream);
}

/* with_verbs: says which it goes with. */
static void print_option(const struct option_row *row, bool with_verbs, FILE *stream)
{
	char letter[8] = "    ", text[256];
	int used;

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	used = fprintf(stream, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
		       row->argument ? row->argument : "");
	if (row->verb && with_verbs)
		snprintf(text, sizeof(text), "%s (%s)", row->help, row->verb);
	else
		snprintf(text, sizeof(text), "%s", row->help);
	print_right(used, text, stream);
}

static void print_verb_help(const struct verb *verb, FILE *stream)
{
	fprintf(stream, "Usage: echoctl [OPTION]... %s%s%s\n\n%s.\n", verb->name,
		verb->arguments[0] ? " " : "", verb->arguments, verb->help);
	if (verb->details)
		print_filled(verb->details, 0, 0, stream);
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
	fputs("\nExit: 0 ok, 1 refused, 2 usage, 3 not running, 4 not permitted, 5 no answer in\n"
	      "time, 6 what answers is no echod that this program understands.\n"
	      "More: man 1 echoctl.\n",
	      stream);
}

void options_print_version(FILE *stream)
{
	fputs("echoctl " PACKAGE_VERSION "\n" ECHOD_FEATURES, stream);
	fprintf(stream, "  %-18s%s/echod\n", "run-time state", RUNSTATEDIR);
}
