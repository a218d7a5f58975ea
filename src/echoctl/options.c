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

#include "echoctl/options_filter.h"
#include "echoctl/verbs.h"
#include "echod/attr.h"
#include "echod/parse.h"

enum {
	TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000,
	INTERVAL_MIN_MS = 100, /* the daemon's own limits */
	INTERVAL_MAX_MS = 60 * 60 * 1000,
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

/* ---- The table ---- */

static int take_socket(struct options *options, const char *value)
{
	if (value[0] == '\0')
		return options_refuse(options, "--socket needs a path");
	options->socket = value;
	return 0;
}

static int take_timeout(struct options *options, const char *value)
{
	if (parse_duration_ms(value, 1, TIMEOUT_MAX_MS, &options->timeout_ms) < 0)
		return options_refuse(
		    options, "--timeout '%s' is no time from 1ms to 24h, such as 500ms or 10s",
		    value);
	return 0;
}

static int take_output(struct options *options, const char *value)
{
	if (value[0] == '\0')
		return options_refuse(options, "--output needs a file");
	options->output = value;
	return 0;
}

static int take_for(struct options *options, const char *value)
{
	if (parse_duration_ms(value, 1, TIMEOUT_MAX_MS, &options->for_ms) < 0)
		return options_refuse(
		    options, "--for '%s' is no time from 1ms to 24h, such as 30s or 5m", value);
	return 0;
}

static int take_spread(struct options *options, const char *value)
{
	if (parse_duration_ms(value, 1, TIMEOUT_MAX_MS, &options->spread_ms) < 0)
		return options_refuse(
		    options, "--spread '%s' is no time from 1ms to 24h, such as 30s or 5m", value);
	return 0;
}

static int take_interval(struct options *options, const char *value)
{
	if (parse_duration_ms(value, INTERVAL_MIN_MS, INTERVAL_MAX_MS, &options->interval_ms) < 0)
		return options_refuse(
		    options, "--interval '%s' is no time from 100ms to 1h, such as 500ms or 5s",
		    value);
	return 0;
}

static int take_interval_count(struct options *options, const char *value)
{
	if (parse_count(value, 1, INT64_MAX, &options->count) < 0)
		return options_refuse(options, "--count '%s' is no count from 1 on", value);
	return 0;
}

#define LISTS	    "listeners, connections, config, refusals, events, methods"
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
	{ .name = "spread",
	  .argument = "T",
	  .verb = "drain",
	  .help = "end connections one by one over this time",
	  .take = take_spread },
	{ .letter = 'i',
	  .name = "interval",
	  .argument = "T",
	  .verb = "top",
	  .help = "how often (default: 2s)",
	  .take = take_interval },
	{ .letter = 'n',
	  .name = "count",
	  .argument = "N",
	  .verb = "top",
	  .help = "end after so many intervals",
	  .take = take_interval_count },
	{ .name = "csv", .verb = LISTS, .help = "print CSV, in base units", FLAG(csv) },
	{ .letter = 'H',
	  .name = "no-headings",
	  .verb = LISTS ", top",
	  .help = "no first line with names",
	  FLAG(no_headings) },
	{ .name = "from",
	  .argument = "NETWORK",
	  .verb = "connections, disconnect",
	  .help = "clients in this network",
	  .take = options_take_from },
	{ .name = "listener",
	  .argument = "NAME",
	  .verb = "connections, disconnect",
	  .help = "of this listener",
	  .take = options_take_listener },
	{ .name = "service",
	  .argument = "NAME",
	  .verb = "connections, disconnect",
	  .help = "of this service",
	  .take = options_take_service },
	{ .name = "transport",
	  .argument = "NAME",
	  .verb = "connections, disconnect",
	  .help = "tcp or unix",
	  .take = options_take_transport },
	{ .name = "state",
	  .argument = "STATE",
	  .verb = "connections, disconnect",
	  .help = "open, flushing or lingering",
	  .take = options_take_state },
	{ .name = "idle",
	  .argument = "T",
	  .verb = "connections, disconnect",
	  .help = "quiet for so long",
	  .take = options_take_idle },
	{ .name = "age",
	  .argument = "T",
	  .verb = "connections, disconnect",
	  .help = "open for so long",
	  .take = options_take_age },
	{ .name = "bytes",
	  .argument = "SIZE",
	  .verb = "connections, disconnect",
	  .help = "so much received and sent",
	  .take = options_take_bytes },
	{ .name = "sort",
	  .argument = "ORDER",
	  .verb = "connections, top",
	  .help = "id age idle received sent bytes pending; top: rate",
	  .take = options_take_sort },
	{ .name = "reverse",
	  .verb = "connections, top",
	  .help = "the other way round",
	  FLAG(filter.reverse) },
	{ .name = "limit",
	  .argument = "N",
	  .verb = "connections, refusals, top",
	  .help = "the first N only",
	  .take = options_take_limit },
	{ .name = "tcp", .verb = "connections", .help = "ask the kernel, too", FLAG(filter.tcp) },
	{ .name = "all", .verb = "disconnect", .help = "every connection", FLAG(filter.all) },
	{ .name = "dry-run",
	  .verb = "disconnect",
	  .help = "only say how many it would be",
	  FLAG(dry_run) },
	{ .name = "now", .verb = "disconnect, stop", .help = "cut connections off", FLAG(now) },
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
	const struct option_row *row = NULL;

	for (size_t i = 0; !row && i < n_option_rows; i++)
		if (strlen(option_rows[i].name) == length &&
		    !strncmp(option_rows[i].name, text, length))
			row = &option_rows[i];
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

static int check_options(const struct walk *w)
{
	for (size_t i = 0; i < w->n_seen; i++) {
		const struct option_row *row = w->seen[i];

		if (!options_go_with(row, w->options->verb))
			return options_refuse(w->options, "--%s goes with %s only", row->name,
					      row->verb);
	}
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
