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

static json_t *load(const uint8_t *data, size_t n)
{
	json_free_t own_free;
	json_t *json;

	json_get_alloc_funcs(&own_malloc, &own_free);
	malloc_failed = false;
	json_set_alloc_funcs(watched_malloc, own_free);
	json = json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, NULL);
	json_set_alloc_funcs(own_malloc, own_free);
	return json;
}

int message_json_object(const uint8_t *data, size_t n, json_t **ret_object)
{
	json_t *json = load(data, n);

	if (json_is_object(json) && !malloc_failed) {
		*ret_object = json;
		return 0;
	}
	json_decref(json);
	return malloc_failed ? -ENOMEM : -EPROTO;
}

int message_write_json(struct buf *bytes, const json_t *content)
{
	CLEANUP_FREE char *text = json_dumps(content, 0);

	return text ? message_write(bytes, "text/json", "utf-8", text, strlen(text)) : -ENOMEM;
}

json_t *message_default_dictionary(void)
{
	return json_pack("{s:s, s:s, s:s}", "morpheus", "Follow the white rabbit. 🐰", "ring",
			 "In the caves beneath the Misty Mountains. 💍", "🐶",
			 "🐾 Playing ball! 🏐");
}
