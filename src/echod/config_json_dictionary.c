/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_json_dictionary.c: see config_dictionary.h. What always holds: a dictionary is an object of
 * texts, and each answer made of it fits into its listener's max-pending, because the service sends
 * such an answer in one piece.
 */
#include "config_dictionary.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "config_source.h"
#include "echod/attr.h"

enum {
	FRAME_BYTES = 256,	  /* of an answer besides its text, and more than that */
	TOTAL_BYTES_MAX = 8 << 20 /* of all dictionaries: they travel in one message */
};

struct loading {
	struct config_errors *errors;
	size_t total_bytes;
};

static int refuse(const struct loading *l, const struct config_listener *listener, int line,
		  const char *text)
{
	return config_errors_add(l->errors, listener->search_dictionary, line, "%s",
				 config_is_text(text) ? text : "this is not JSON in UTF-8");
}

/* ---- Values ---- */

static int check_value(struct loading *l, const struct config_listener *listener, const char *key,
		       const json_t *value)
{
	CLEANUP_FREE char *text = NULL;
	const char *shown = config_is_text(key) ? key : "(a name with control characters)";
	const char *file = listener->search_dictionary;
	int64_t length;

	if (!json_is_string(value))
		return config_errors_add(l->errors, file, 0, "the value of '%s' is not a text",
					 shown);
	text = json_dumps(value, JSON_ENCODE_ANY);
	if (!text)
		return -ENOMEM;
	length = (int64_t)strlen(text) + FRAME_BYTES;
	l->total_bytes += strlen(key) + (size_t)length;
	if (listener->max_pending > 0 && length > listener->max_pending)
		return config_errors_add(l->errors, file, 0,
					 "the value of '%s' is too long for max-pending of "
					 "listener '%s' (%" PRId64 " of %" PRId64 " bytes)",
					 shown, listener->name, length, listener->max_pending);
	return 0;
}

static int check_values(struct loading *l, const struct config_listener *listener)
{
	const bool fitted = l->total_bytes <= TOTAL_BYTES_MAX;
	json_t *value;
	const char *key;
	int r = 0;

	json_object_foreach(listener->dictionary, key, value)
	{
		if (!r)
			r = check_value(l, listener, key, value);
	}
	if (!r && fitted && l->total_bytes > TOTAL_BYTES_MAX)
		r = refuse(l, listener, 0, "with this the dictionaries are larger than 8 MiB");
	return r;
}

/* ---- Files ---- */

static int parse(struct loading *l, struct config_listener *listener, const struct buf *bytes)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)buf_data(bytes), buf_length(bytes),
				  JSON_REJECT_DUPLICATES, &error);

	if (!json && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json)
		return refuse(l, listener, error.line, error.text);
	if (!json_is_object(json)) {
		json_decref(json);
		return refuse(l, listener, 0, "must be a JSON object: { \"WORD\": \"TEXT\", ... }");
	}
	listener->dictionary = json;
	return check_values(l, listener);
}

static int load(struct loading *l, struct config_listener *listener)
{
	const char *file = listener->search_dictionary;
	struct buf bytes = { 0 };
	int r = config_source_read_file(file, &bytes);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		r = config_errors_add(l->errors, file, 0,
				      "%s (the search-dictionary of listener '%s')",
				      config_source_why(r), listener->name);
	else if (buf_length(&bytes) == 0)
		r = refuse(l, listener, 0, "is empty");
	else
		r = parse(l, listener, &bytes);
	buf_fini(&bytes);
	return r;
}

int config_dictionaries_load(struct config *config, struct config_errors *errors)
{
	struct loading l = { .errors = errors };
	int r = 0;

	for (size_t i = 0; !r && i < config->n_listeners; i++) {
		struct config_listener *listener = &config->listeners[i];
		const char *file = listener->search_dictionary;

		if (listener->service == &service_message && file && file[0] != '\0')
			r = load(&l, listener);
	}
	return r;
}

/* ---- References ---- */

int config_dictionary_from_json(struct json_t *json, struct config_listener *listener)
{
	json_t *value;
	const char *key;

	if (json_is_null(json))
		return 0;
	if (!json_is_object(json))
		return -EINVAL;
	json_object_foreach(json, key, value)
	{
		if (!json_is_string(value))
			return -EINVAL;
	}
	listener->dictionary = json_incref(json);
	return 0;
}

struct json_t *config_dictionary_hold(struct json_t *dictionary)
{
	return json_incref(dictionary);
}

void config_dictionary_release(struct json_t *dictionary)
{
	json_decref(dictionary);
}

bool config_dictionary_is_equal(const struct json_t *a, const struct json_t *b)
{
	return a == b || json_equal(a, b);
}
