/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options.c owns the walk over the command line, and the rules between its words and its options.
 */
#include "echoctl/options.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "echoctl/verbs.h"

enum {
	OPTIONS_MAX = 32
};

struct walk {
	struct options *options;
	char **next, **end;
	char **words; /* in argv, where they have been read already */
	size_t n_words;
	const struct option_row *seen[OPTIONS_MAX]; /* to be held against the verb */
	size_t n_seen;
};

int options_refuse(struct options *options, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(options->message, sizeof(options->message), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- The walk ---- */

static int unknown_option(struct walk *w, const char *name, size_t length)
{
	char wanted[64];
	const char *nearest;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)(length < 60 ? length : 60), name);
	nearest = option_row_nearest(wanted);
	if (nearest)
		return options_refuse(w->options, "unknown option '--%s'; did you mean '--%s'?",
				      wanted, nearest);
	return options_refuse(w->options, "unknown option '--%s'", wanted);
}

static int take_option(struct walk *w, const struct option_row *row, const char *value)
{
	if (w->n_seen == OPTIONS_MAX)
		return options_refuse(w->options, "too many options");
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
	const struct option_row *row = option_row_named(text, length);

	if (!row)
		return unknown_option(w, text, length);
	if (!row->argument && value)
		return options_refuse(w->options, "--%s takes no argument", row->name);
	if (row->argument && !value) {
		if (w->next == w->end)
			return options_refuse(w->options, "--%s needs an argument: %s", row->name,
					      row->argument);
		value = *w->next++;
	}
	return take_option(w, row, value);
}

/* "-h", "-hV", "-s PATH", "-sPATH"; text begins behind the dash. */
static int walk_letters(struct walk *w, const char *text)
{
	int r = 0;

	for (; !r && *text; text++) {
		const struct option_row *row = option_row_lettered(*text);

		if (!row)
			return options_refuse(w->options, "unknown option '-%c'", *text);
		if (row->argument && !text[1] && w->next == w->end)
			return options_refuse(w->options, "-%c needs an argument: %s", *text,
					      row->argument);
		if (row->argument)
			return take_option(w, row, text[1] ? text + 1 : *w->next++);
		r = take_option(w, row, NULL);
	}
	return r;
}

static int walk(struct walk *w)
{
	bool only_words = false;
	int r = 0;

	while (!r && w->next < w->end) {
		char *text = *w->next++;

		if (only_words || text[0] != '-' || text[1] == '\0')
			w->words[w->n_words++] = text;
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

	options->verb = verbs_find((const char *const *)w->words, w->n_words, &used);
	if (!options->verb) {
		nearest = verbs_nearest(w->words[0]);
		if (nearest)
			return options_refuse(options, "unknown verb '%s'; did you mean '%s'?",
					      w->words[0], nearest);
		return options_refuse(options, "unknown verb '%s'", w->words[0]);
	}
	options->arguments = (const char *const *)w->words + used;
	options->n_arguments = w->n_words - used;
	return 0;
}

static int check_arguments(struct options *options)
{
	const struct verb *verb = options->verb;

	if (options->n_arguments > verb->max_arguments)
		return options_refuse(options, "one argument too many for %s: '%s'", verb->name,
				      options->arguments[verb->max_arguments]);
	if (options->n_arguments < verb->min_arguments)
		return options_refuse(options, "%s needs an argument: %s", verb->name,
				      verb->arguments);
	return verb->check ? verb->check(options) : 0;
}

bool options_go_with(const struct option_row *row, const struct verb *verb)
{
	const char *name = row->verb;
	size_t length;

	if (!name || !verb)
		return !name;
	for (; (length = strcspn(name, ",")) > 0; name += strspn(name, ", ")) {
		if (strlen(verb->name) == length && strncmp(verb->name, name, length) == 0)
			return true;
		name += length;
	}
	return false;
}

static bool is_second(const struct walk *w, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (w->seen[j] == w->seen[i])
			return true;
	return false;
}

static int check_options(const struct walk *w)
{
	for (size_t i = 0; i < w->n_seen; i++) {
		const struct option_row *row = w->seen[i];

		if (!options_go_with(row, w->options->verb))
			return options_refuse(w->options, "--%s goes with %s only", row->name,
					      row->verb);
		if (row->once && is_second(w, i))
			return options_refuse(w->options, "--%s is there twice", row->name);
	}
	if (w->options->json && w->options->csv)
		return options_refuse(w->options, "--json and --csv do not go together");
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct walk w = { .options = ret_options,
			  .next = argv + (argc > 0),
			  .end = argv + argc,
			  .words = argv + (argc > 0) };
	int r;

	*ret_options = (struct options){ .socket = NULL };
	r = walk(&w);
	if (r < 0)
		return r;
	if (w.n_words > 0)
		r = choose_verb(&w);
	else if (!ret_options->help && !ret_options->version)
		r = options_refuse(ret_options, "what should it do? A verb is missing");
	if (r == 0)
		r = check_options(&w);
	if (r == 0 && !ret_options->help && !ret_options->version)
		r = check_arguments(ret_options);
	return r;
}
