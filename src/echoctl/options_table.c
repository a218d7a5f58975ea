/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options_table.c owns the table of options: a row for each, from which the command line is read, the
 * help is printed, and what the manual and the completions have is checked.
 */
#include <stddef.h>
#include <string.h>

#include "echoctl/options.h"
#include "echoctl/options_filter.h"
#include "echod/attr.h"
#include "echod/parse.h"

enum {
	TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000,
	INTERVAL_MIN_MS = 100, /* the daemon's own limits */
	INTERVAL_MAX_MS = 60 * 60 * 1000
};

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
	  .help = "how long to wait for the daemon (default: 5s; 10s where workers answer)",
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
	  .take = options_take_from,
	  .once = true },
	{ .name = "listener",
	  .argument = "NAME",
	  .verb = "connections, disconnect",
	  .help = "of this listener",
	  .take = options_take_listener,
	  .once = true },
	{ .name = "service",
	  .argument = "NAME",
	  .verb = "connections, disconnect",
	  .help = "of this service",
	  .take = options_take_service,
	  .once = true },
	{ .name = "transport",
	  .argument = "NAME",
	  .verb = "connections, disconnect",
	  .help = "tcp or unix",
	  .take = options_take_transport,
	  .once = true },
	{ .name = "state",
	  .argument = "STATE",
	  .verb = "connections, disconnect",
	  .help = "open, flushing or lingering",
	  .take = options_take_state,
	  .once = true },
	{ .name = "idle",
	  .argument = "T",
	  .verb = "connections, disconnect",
	  .help = "quiet for so long",
	  .take = options_take_idle,
	  .once = true },
	{ .name = "age",
	  .argument = "T",
	  .verb = "connections, disconnect",
	  .help = "open for so long",
	  .take = options_take_age,
	  .once = true },
	{ .name = "bytes",
	  .argument = "SIZE",
	  .verb = "connections, disconnect",
	  .help = "so much received and sent",
	  .take = options_take_bytes,
	  .once = true },
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

const struct option_row *option_row_named(const char *name, size_t length)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (strlen(option_rows[i].name) == length &&
		    !strncmp(option_rows[i].name, name, length))
			return &option_rows[i];
	return NULL;
}

const struct option_row *option_row_lettered(char letter)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].letter == letter)
			return &option_rows[i];
	return NULL;
}

const char *option_row_nearest(const char *name)
{
	const char *words[ARRAY_LENGTH(option_rows) + 1] = { NULL };

	for (size_t i = 0; i < n_option_rows; i++)
		words[i] = option_rows[i].name;
	return parse_nearest(name, words);
}
