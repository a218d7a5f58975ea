/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config.c: every setting in force. The answer comes in pages, which are of one configuration or
 * none: where a reload comes between them, all is read again.
 */
#include <string.h>

#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/list.h"
#include "echoctl/session.h"

enum {
	READ_AGAIN = -1, /* no exit code */
	READS_MAX = 10
};

static const struct list_column columns[] = {
	{ .field = "listener", .optional = true },
	{ .field = "key" },
	{ .field = "value" },
	{ .field = "from" },
	{ .field = "file", .optional = true },
	{ .field = "line", .optional = true, .kind = LIST_INTEGER },
};

/* The next page. An exit code, or READ_AGAIN when the cursor is of a configuration that has gone. */
static int next_page(struct session *session, json_t *cursor, json_t **ret_page)
{
	json_t *reply = NULL;
	int code = session_ask(session, CONTROL_INTERFACE ".GetConfig",
			       json_pack("{s:O}", "cursor", cursor), &reply);
	const char *error = json_string_value(json_object_get(reply, "error"));

	if (code == EXIT_OK && error && strcmp(error, CONTROL_ERROR_PARAMETER) == 0)
		code = READ_AGAIN;
	if (code == EXIT_OK)
		code = session_take(session, CONTROL_INTERFACE ".GetConfig", reply, ret_page);
	json_decref(reply);
	return code;
}

/* Puts the values of all further pages behind those of the first. The same results. */
static int add_pages(struct session *session, json_t *whole)
{
	json_t *values = json_object_get(whole, "values"), *page, *cursor;
	int code = EXIT_OK;

	while (code == EXIT_OK && json_is_string(cursor = json_object_get(whole, "cursor"))) {
		code = next_page(session, cursor, &page);
		if (code != EXIT_OK)
			return code;
		cursor = json_object_get(page, "cursor");
		if (json_array_extend(values, json_object_get(page, "values")) < 0 ||
		    json_object_set(whole, "cursor", cursor ? cursor : json_null()) < 0)
			code = answer_is_wrong(session, "values: are no list");
		json_decref(page);
	}
	return code;
}

/* The whole of one configuration. An exit code. */
static int read_all(struct session *session, json_t **ret_whole)
{
	int code = READ_AGAIN;

	for (int reads = 0; code == READ_AGAIN && reads < READS_MAX; reads++) {
		json_t *whole;

		code = answer_call(session, METHOD_GET_CONFIG, NULL, &whole);
		if (code != EXIT_OK)
			return code;
		code = add_pages(session, whole);
		if (code == EXIT_OK)
			*ret_whole = whole;
		else
			json_decref(whole);
	}
	if (code != READ_AGAIN)
		return code;
	session_complain("%s: it is configured anew faster than it can be read", session->path);
	return EXIT_REFUSED;
}

int run_config(struct session *session)
{
	json_t *whole;
	const int code = read_all(session, &whole);

	if (code != EXIT_OK)
		return code;
	if (session->options->csv && !session->options->json)
		return list_show(session, "values", columns, ARRAY_LENGTH(columns), whole);
	return answer_show(session, whole, render_config);
}
