/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_config.c: what is in force and where it came from. An answer holds whole scopes (those of
 * the daemon itself, then a listener each); its cursor is "GENERATION.SCOPE", the next one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/control.h"
#include "echod/parse.h"
#include "src/echod/config_json.h"
#include "src/echod/config_table.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

enum {
	PAGE_VALUES = 1024,	 /* after so many an answer is full, */
	PAGE_BYTES = 512 * 1024, /* or after so long ones */
	CURSOR_SIZE = 64
};

/* ---- A value, as the file would say it ---- */

static json_t *list_text(const json_t *list)
{
	char *inner = json_dumps(list, JSON_ENCODE_ANY);
	const size_t length = inner ? strlen(inner) : 0;
	json_t *text = NULL;

	if (length > 2)
		text = json_sprintf("[ %.*s ]", (int)(length - 2), inner + 1);
	else if (inner)
		text = json_string(inner);
	free(inner);
	return text;
}

static json_t *plain_text(const json_t *value)
{
	char *inner = json_dumps(value, JSON_ENCODE_ANY);
	json_t *text = inner ? json_string(inner) : NULL;

	free(inner);
	return text;
}

static json_t *number_text(const struct config_key *key, int64_t value)
{
	char text[CONFIG_NUMBER_SIZE];
	const bool has_unit = key->kind == KIND_SIZE || key->kind == KIND_DURATION;

	if (value == 0 && key->may_be_off)
		return json_string("\"off\"");
	return json_sprintf(has_unit ? "\"%s\"" : "%s", config_key_number(key, value, text));
}

static json_t *value_text(const struct config_key *key, const void *base)
{
	json_t *value, *text;

	if (config_value_to_json(key, base, &value) < 0)
		return NULL;
	if (json_is_integer(value))
		text = number_text(key, json_integer_value(value));
	else
		text = json_is_array(value) ? list_text(value) : plain_text(value);
	json_decref(value);
	return text;
}

/* ---- Rows ---- */

static json_t *row(const struct config_key *key, const struct config *config,
		   const struct config_listener *listener)
{
	static const char *const from[] = {
		[CONFIG_FROM_DEFAULT] = "default",
		[CONFIG_FROM_FILE] = "file",
		[CONFIG_FROM_OPTION] = "option",
	};
	const struct config_origin *origin = config_key_origin(key, config, listener);
	const void *base = listener ? (const void *)listener : config;

	return json_pack("{s:s?, s:s, s:o, s:s, s:s?, s:o}",	       //
			 "listener", listener ? listener->name : NULL, //
			 "key", key->name,			       //
			 "value", value_text(key, base),	       //
			 "from", from[origin->kind],		       //
			 "file", origin->file,			       //
			 "line", origin->file ? json_integer(origin->line) : json_null());
}

/* The keys of the daemon (scope 0) or of a listener behind the array's last item; takes it. */
static json_t *add_scope(json_t *values, const struct config *config, size_t scope)
{
	const struct config_listener *listener = scope > 0 ? &config->listeners[scope - 1] : NULL;
	size_t n;
	const struct config_key *keys = config_keys(&n);

	for (size_t i = 0; i < n && values; i++)
		if (keys[i].of_listener == (listener != NULL))
			values = handlers_append(values, row(&keys[i], config, listener));
	return values;
}

/* ---- The method ---- */

/* False: none of ours, or from before a reload. */
static bool read_cursor(const char *cursor, const struct master *m, size_t *ret_scope)
{
	char generation[CURSOR_SIZE];
	const char *dot = strchr(cursor, '.');
	int64_t of = 0, scope = 0;

	if (!dot || dot - cursor >= CURSOR_SIZE)
		return false;
	snprintf(generation, sizeof(generation), "%.*s", (int)(dot - cursor), cursor);
	if (parse_integer(generation, 1, INT64_MAX, &of) < 0 ||
	    parse_integer(dot + 1, 1, (int64_t)m->config.n_listeners, &scope) < 0)
		return false;
	*ret_scope = (size_t)scope;
	return of == m->generation;
}

static bool is_full(const json_t *values)
{
	const json_t *value;
	size_t i, bytes = 0;

	json_array_foreach(values, i, value) bytes +=
	    json_string_length(json_object_get(value, "value"));
	return i >= PAGE_VALUES || bytes >= PAGE_BYTES;
}

static json_t *page(const struct master *m, size_t scope)
{
	json_t *values = json_array();
	char cursor[CURSOR_SIZE];
	bool whole;

	for (; values && scope <= m->config.n_listeners && !is_full(values); scope++)
		values = add_scope(values, &m->config, scope);
	whole = scope > m->config.n_listeners;
	snprintf(cursor, sizeof(cursor), "%" PRId64 ".%zu", m->generation, scope);
	return json_pack("{s:I, s:s?, s:o, s:s?}", "generation", (json_int_t)m->generation,
			 "config_file", m->config.file, "values", values, "cursor",
			 whole ? NULL : cursor);
}

void handlers_get_config(struct control_call *call, void *user)
{
	const struct master *m = user;
	const json_t *cursor = json_object_get(control_call_parameters(call), "cursor");
	size_t scope = 0;
	json_t *answer;

	if (json_is_string(cursor) && !read_cursor(json_string_value(cursor), m, &scope)) {
		control_error_parameter(call, "cursor");
		return;
	}
	answer = page(m, scope);
	if (answer)
		control_reply(call, answer);
	else
		control_error_memory(call);
}
