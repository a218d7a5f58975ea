/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options.c owns the table of options and the walk over the command line.
 */
#include "echoctl/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "echoctl/verbs.h"
#include "echod/attr.h"
#include "echod/parse.h"

enum {
	TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000,
	WORDS_MAX = OPTIONS_ARGUMENTS_MAX + 2, /* a verb has at most two */
	OPTIONS_MAX = 32
};

struct walk {
	struct options *options;
	char **next, **end;
	const char *words[WORDS_MAX];
	size_t n_words;
	const struct option_row *seen[OPTIONS_MAX]; /* to be held against the verb */
	size_t n_seen;
};

static int refuse(struct options *options, const char *format, ...) PRINTF_LIKE(2, 3);

static int refuse(struct options *options, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(options->message, sizeof(options->message), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- The table ---- */

static int take_socket(struct options *options, const char *value)
{
	if (value[0] == '\0')
		return refuse(options, "--socket needs a path");
	options->socket = value;
	return 0;
}

static int take_timeout(struct options *options, const char *value)
{
	if (parse_duration_ms(value, 1, TIMEOUT_MAX_MS, &options->timeout_ms) < 0)
		return refuse(options,
			      "--timeout '%s' is no time from 1ms to 24h, such as 500ms or 10s",
			      value);
	return 0;
}

static int take_output(struct options *options, const char *value)
{
	if (value[0] == '\0')
		return refuse(options, "--output needs a file");
	options->output = value;
	return 0;
}

static int take_for(struct options *options, const char *value)
{
	if (parse_duration_ms(value, 1, TIMEOUT_MAX_MS, &options->for_ms) < 0)
		return refuse(options, "--for '%s' is no time from 1ms to 24h, such as 30s or 5m",
			      value);
	return 0;
}

#define FLAG(field) .offset = offsetof(struct options, field)

const struct option_row option_rows[] = {
	{ .letter = 's',
	  .name = "socket",
	  .argument = "PATH",
	  .help = "the daemon's control socket",
	  .take = take_socket },
	{ .name = "timeout",
	  .argument = "T",
	  .help = "how long to wait for the daemon (default: 5s)",
	  .take = take_timeout },
	{ .name = "json", .help = "print the answer as JSON", FLAG(json) },
	{ .name = "no-color", .help = "no colours on a terminal", FLAG(no_color) },
	{ .letter = 'h', .name = "help", .help = "this help, or that of a verb", FLAG(help) },
	{ .letter = 'V',
	  .name = "version",
	  .help = "this program's version and what was compiled in",
	  FLAG(version) },
	{ .name = "output",
	  .argument = "FILE",
	  .verb = "metrics",
	  .help = "replace this file instead of printing",
	  .take = take_output },
	{ .name = "for",
	  .argument = "T",
	  .verb = "log",
	  .help = "after this time, the configured level again",
	  .take = take_for },
	{ .name = "now", .verb = "stop", .help = "cut connections off", FLAG(now) },
	{ .name = "no-wait",
	  .verb = "stop",
	  .help = "do not wait until the daemon has gone",
	  FLAG(no_wait) },
};
const size_t n_option_rows = ARRAY_LENGTH(option_rows);

/* ---- The walk ---- */

static int unknown_option(struct walk *w, const char *name, size_t length)
{
	const char *words[ARRAY_LENGTH(option_rows) + 1] = { NULL };
	char wanted[64];
	const char *nearest;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)(length < 60 ? length : 60), name);
	for (size_t i = 0; i < n_option_rows; i++)
		words[i] = option_rows[i].name;
	nearest = parse_nearest(wanted, words);
	if (nearest)
		return refuse(w->options, "unknown option '--%s'; did you mean '--%s'?", wanted,
			      nearest);
	return refuse(w->options, "unknown option '--%s'", wanted);
}

static int take_option(struct walk *w, const struct option_row *row, const char *value)
{
	if (w->n_seen == OPTIONS_MAX)
		return refuse(w->options, "too many options");
	w->seen[w->n_seen++] = row;
	if (row->take)
		return row->take(w->options, value);
	*(bool *)(void *)((char *)w->options + row->offset) = true;
	return 0;
}

/* "--name", "--name VALUE" or "--name=VALUE"; text begins behind the dashes. */
static int walk_long(struct walk *w, const char *text)
{
	size_t length = strcspn(text, "=");
	const char *value = text[length] ? text + length + 1 : NULL;
	const struct option_row *row = NULL;

	for (size_t i = 0; !row && i < n_option_rows; i++)
		if (strlen(option_rows[i].name) == length &&
		    !strncmp(option_rows[i].name, text, length))
			row = &option_rows[i];
	if (!row)
		return unknown_option(w, text, length);
	if (!row->argument && value)
		return refuse(w->options, "--%s takes no argument", row->name);
	if (row->argument && !value) {
		if (w->next == w->end)
			return refuse(w->options, "--%s needs an argument: %s", row->name,
				      row->argument);
		value = *w->next++;
	}
	return take_option(w, row, value);
}

static const struct option_row *by_letter(char letter)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].letter == letter)
			return &option_rows[i];
	return NULL;
}

/* "-h", "-hV", "-s PATH", "-sPATH"; text begins behind the dash. */
static int walk_letters(struct walk *w, const char *text)
{
	int r = 0;

	for (; !r && *text; text++) {
		const struct option_row *row = by_letter(*text);

		if (!row)
			return refuse(w->options, "unknown option '-%c'", *text);
		if (row->argument && !text[1] && w->next == w->end)
			return refuse(w->options, "-%c needs an argument: %s", *text,
				      row->argument);
		if (row->argument)
			return take_option(w, row, text[1] ? text + 1 : *w->next++);
		r = take_option(w, row, NULL);
	}
	return r;
}

static int walk_word(struct walk *w, const char *text)
{
	if (w->n_words == WORDS_MAX)
		return refuse(w->options, "too many arguments");
	w->words[w->n_words++] = text;
	return 0;
}

static int walk(struct walk *w)
{
	bool only_words = false;
	int r = 0;

	while (!r && w->next < w->end) {
		const char *text = *w->next++;

		if (only_words || text[0] != '-' || text[1] == '\0')
			r = walk_word(w, text);
		else if (!strcmp(text, "--"))
			only_words = true;
		else if (text[1] == '-')
			r = walk_long(w, text + 2);
		else
			r = walk_letters(w, text + 1);
	}
	return r;
}

/* ---- The rules between words and options ---- */

static int choose_verb(struct walk *w)
{
	struct options *options = w->options;
	const char *nearest;
	size_t used = 0;

	options->verb = verbs_find(w->words, w->n_words, &used);
	if (!options->verb) {
		nearest = verbs_nearest(w->words[0]);
		if (nearest)
			return refuse(options, "unknown verb '%s'; did you mean '%s'?", w->words[0],
				      nearest);
		return refuse(options, "unknown verb '%s'", w->words[0]);
	}
	for (size_t i = used; i < w->n_words && i - used < OPTIONS_ARGUMENTS_MAX; i++)
		options->arguments[options->n_arguments++] = w->words[i];
	return 0;
}

static int check_arguments(struct options *options)
{
	const struct verb *verb = options->verb;

	if (options->n_arguments > verb->max_arguments)
		return refuse(options, "one argument too many for %s: '%s'", verb->name,
			      options->arguments[verb->max_arguments]);
	if (options->n_arguments < verb->min_arguments)
		return refuse(options, "%s needs an argument: %s", verb->name, verb->arguments);
	return 0;
}

static int check_options(const struct walk *w)
{
	for (size_t i = 0; i < w->n_seen; i++) {
		const struct option_row *row = w->seen[i];

		if (row->verb && (!w->options->verb || strcmp(row->verb, w->options->verb->name)))
			return refuse(w->options, "--%s goes with %s only", row->name, row->verb);
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct walk w = { .options = ret_options, .next = argv + (argc > 0), .end = argv + argc };
	int r;

	*ret_options = (struct options){ .socket = NULL };
	r = walk(&w);
	if (r < 0)
		return r;
	if (w.n_words > 0)
		r = choose_verb(&w);
	else if (!ret_options->help && !ret_options->version)
		r = refuse(ret_options, "what should it do? A verb is missing");
	if (r == 0)
		r = check_options(&w);
	if (r == 0 && !ret_options->help && !ret_options->version)
		r = check_arguments(ret_options);
	return r;
}
