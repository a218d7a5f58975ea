/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * inspect.c: the verbs that look into the daemon.
 */
#include "echoctl/inspect.h"

#include "echoctl/answer.h"
#include "echoctl/session.h"

/* ---- config ---- */

/* Puts the values of all further pages behind those of the first. An exit code. */
static int add_pages(struct session *session, json_t *whole)
{
	json_t *values = json_object_get(whole, "values"), *page, *cursor;
	int code = EXIT_OK;

	while (code == EXIT_OK && json_is_string(cursor = json_object_get(whole, "cursor"))) {
		code = answer_call(session, METHOD_GET_CONFIG, json_pack("{s:O}", "cursor", cursor),
				   &page);
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

int run_config(struct session *session)
{
	json_t *whole;
	int code = answer_call(session, METHOD_GET_CONFIG, NULL, &whole);

	if (code != EXIT_OK)
		return code;
	code = add_pages(session, whole);
	if (code == EXIT_OK)
		return answer_show(session, whole, render_config);
	json_decref(whole);
	return code;
}

/* ---- refusals, acl ---- */

int run_refusals(struct session *session)
{
	json_t *answer;
	int code = answer_call(session, METHOD_GET_REFUSALS, NULL, &answer);

	return code == EXIT_OK ? answer_show(session, answer, render_refusals) : code;
}

int run_acl(struct session *session)
{
	const char *const *arguments = session->options->arguments;
	json_t *answer;
	int code = answer_call(
	    session, METHOD_TEST_ACL,
	    json_pack("{s:s, s:s}", "listener", arguments[0], "address", arguments[1]), &answer);

	return code == EXIT_OK ? answer_show(session, answer, render_acl) : code;
}
