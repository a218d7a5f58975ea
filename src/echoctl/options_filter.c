/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options_filter.c owns the words that a list of connections can be asked for. What only the daemon
 * knows (networks, listeners, services) it judges.
 */
#include "echoctl/options_filter.h"

#include <string.h>

#include "echod/parse.h"

#define TIME_MAX_MS (INT64_C(10000) * 24 * 60 * 60 * 1000)

static const char *const transports[] = { "tcp", "unix", NULL };
static const char *const states[] = { "open", "flushing", "lingering", NULL };
static const char *const orders[] = { "id",    "age",	  "idle", "received", "sent",
				      "bytes", "pending", "rate", NULL };

static int take_word(struct options *options, const char *option, const char *const *words,
		     const char *value, const char **ret_word)
{
	const char *nearest = parse_nearest(value, words);

	*ret_word = value;
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0)
			return 0;
	if (nearest)
		return options_refuse(options, "--%s knows no '%s'; did you mean '%s'?", option,
				      value, nearest);
	return options_refuse(options, "--%s knows no '%s'; see --help", option, value);
}

static int take_time(struct options *options, const char *option, const char *value,
		     int64_t *ret_ms)
{
	if (parse_duration_ms(value, 1, TIME_MAX_MS, ret_ms) == 0)
		return 0;
	return options_refuse(options, "--%s '%s' is no time such as 30s, 10m or 1h", option,
			      value);
}

int options_check_text(struct options *options, const char *value)
{
	json_t *text = json_string(value);

	if (!text)
		return options_refuse(options, "'%s' is not UTF-8", value);
	json_decref(text);
	return 0;
}

int options_take_from(struct options *options, const char *value)
{
	options->filter.from = value;
	return options_check_text(options, value);
}

int options_take_listener(struct options *options, const char *value)
{
	options->filter.listener = value;
	return options_check_text(options, value);
}

int options_take_service(struct options *options, const char *value)
{
	options->filter.service = value;
	return options_check_text(options, value);
}

int options_take_transport(struct options *options, const char *value)
{
	return take_word(options, "transport", transports, value, &options->filter.transport);
}

int options_take_state(struct options *options, const char *value)
{
	return take_word(options, "state", states, value, &options->filter.state);
}

int options_take_idle(struct options *options, const char *value)
{
	return take_time(options, "idle", value, &options->filter.idle_ms);
}

int options_take_age(struct options *options, const char *value)
{
	return take_time(options, "age", value, &options->filter.age_ms);
}

int options_take_bytes(struct options *options, const char *value)
{
	if (parse_size(value, 1, INT64_MAX, &options->filter.bytes) == 0)
		return 0;
	return options_refuse(options, "--bytes '%s' is no size such as 64k or 10m", value);
}

int options_take_sort(struct options *options, const char *value)
{
	return take_word(options, "sort", orders, value, &options->filter.sort);
}

int options_take_limit(struct options *options, const char *value)
{
	if (parse_count(value, 1, INT64_MAX, &options->filter.limit) == 0)
		return 0;
	return options_refuse(options, "--limit '%s' is no count from 1 on", value);
}

bool options_filter_is_set(const struct options_filter *f)
{
	return f->from || f->listener || f->service || f->transport || f->state || f->idle_ms > 0 ||
	       f->age_ms > 0 || f->bytes > 0;
}

static json_t *number(int64_t value)
{
	return value > 0 ? json_integer(value) : NULL;
}

json_t *options_filter_json(const struct options_filter *f)
{
	return json_pack("{s:s*, s:s*, s:s*, s:s*, s:s*, s:o*, s:o*, s:o*}", //
			 "source", f->from,				     //
			 "listener", f->listener,			     //
			 "service", f->service,				     //
			 "transport", f->transport,			     //
			 "state", f->state,				     //
			 "min_idle_ms", number(f->idle_ms),		     //
			 "min_age_ms", number(f->age_ms),		     //
			 "min_bytes", number(f->bytes));
}
