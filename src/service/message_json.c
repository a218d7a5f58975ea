/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * message_json.c: JSON as the tutorial's Python writes and reads it, but that no name may be there
 * twice: two lengths in a header would be read differently by two readers.
 */
#include "build.h"

#include "message_json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/message.h"

/* Where jansson's lexer cannot grow the text of a string it drops a byte and goes on, so that a
 * value could be taken for another: if any allocation fails, so does the whole. */
static json_malloc_t own_malloc;
static bool malloc_failed;

static void *watched_malloc(size_t n)
{
	void *memory = own_malloc(n);

	malloc_failed |= !memory;
	return memory;
}

static json_t *load(const uint8_t *data, size_t n, json_error_t *error)
{
	json_free_t own_free;
	json_t *json;

	json_get_alloc_funcs(&own_malloc, &own_free);
	malloc_failed = false;
	json_set_alloc_funcs(watched_malloc, own_free);
	json = json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, error);
	json_set_alloc_funcs(own_malloc, own_free);
	return json;
}

/* What is JSON and not taken here all the same is told apart. */
static const struct {
	enum json_error_code code;
	const char *texts[MESSAGE_PARTS];
} faults[] = {
	{ json_error_duplicate_key,
	  { "the header has a name twice", "the content has a name twice" } },
	{ json_error_null_character,
	  { "the header has a text with a NUL", "the content has a text with a NUL" } },
	{ json_error_null_byte_in_key,
	  { "the header has a name with a NUL", "the content has a name with a NUL" } },
	{ json_error_numeric_overflow,
	  { "the header has a number out of range", "the content has a number out of range" } },
	{ json_error_stack_overflow,
	  { "the header is nested too deeply", "the content is nested too deeply" } },
};

static const char *fault_of(enum message_part part, const json_error_t *error)
{
	static const char *const no_object[MESSAGE_PARTS] = {
		[MESSAGE_HEADER] = "the header is not a JSON object in UTF-8",
		[MESSAGE_CONTENT] = "the content is not a JSON object in UTF-8",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
		if (json_error_code(error) == faults[i].code)
			return faults[i].texts[part];
	return no_object[part];
}

int message_json_object(enum message_part part, const uint8_t *data, size_t n, json_t **ret_object,
			const char **ret_fault)
{
	json_error_t error = { 0 };
	json_t *json = load(data, n, &error);

	if (json_is_object(json) && !malloc_failed) {
		*ret_object = json;
		return 0;
	}
	json_decref(json);
	if (malloc_failed)
		return -ENOMEM;
	*ret_fault = fault_of(part, &error);
	return -EPROTO;
}

/* Jansson does not ask whether a name was taken: it would go on without it. */
struct writing {
	struct buf *text;
	bool failed;
};

static int append(const char *data, size_t n, void *user)
{
	struct writing *w = user;

	if (!w->failed)
		w->failed = buf_append(w->text, data, n) < 0;
	return w->failed ? -1 : 0;
}

int message_json_text(const json_t *json, size_t flags, struct buf *text)
{
	struct writing w = { .text = text };

	if (json_dump_callback(json, append, &w, flags) == 0 && !w.failed)
		return 0;
	buf_fini(text);
	return -ENOMEM;
}

int message_write_json(struct buf *bytes, const json_t *content)
{
	struct buf text = { 0 };
	int r = message_json_text(content, 0, &text);

	if (!r)
		r = message_write(bytes, "text/json", "utf-8", buf_data(&text), buf_length(&text));
	buf_fini(&text);
	return r;
}

json_t *message_default_dictionary(void)
{
	return json_pack("{s:s, s:s, s:s}", "morpheus", "Follow the white rabbit. 🐰", "ring",
			 "In the caves beneath the Misty Mountains. 💍", "🐶",
			 "🐾 Playing ball! 🏐");
}
