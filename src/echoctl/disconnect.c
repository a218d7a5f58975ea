/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * disconnect.c: ending connections, by their ids or by filters.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "echoctl/answer.h"
#include "echoctl/connections.h"
#include "echoctl/options_filter.h"
#include "echoctl/render_fields.h"
#include "echoctl/session.h"
#include "echod/parse.h"

enum {
	IDS_PER_CALL = 1000 /* a call is at most 64 KiB long */
};

/* ---- What is meant ---- */

static int check_ids(struct options *options)
{
	int64_t id;

	for (size_t i = 0; i < options->n_arguments; i++)
		if (parse_integer(options->arguments[i], 0, CONNECTION_ID_MAX, &id) < 0)
			return options_refuse(options, "'%s' is no connection's id",
					      options->arguments[i]);
	return 0;
}

int check_show(struct options *options)
{
	return check_ids(options);
}

int check_disconnect(struct options *options)
{
	const int ways = (options->n_arguments > 0) + options_filter_is_set(&options->filter) +
			 options->filter.all;

	if (ways == 0)
		return options_refuse(options, "disconnect whom? Give ids, filters or --all");
	if (ways > 1)
		return options_refuse(options,
				      "ids, filters and --all do not go together in disconnect");
	return check_ids(options);
}

/* The next ids; NULL = no memory. */
static json_t *next_ids(const struct options *options, size_t *at)
{
	json_t *ids = json_array();
	int64_t id = 0;

	for (size_t n = 0; n < IDS_PER_CALL && *at < options->n_arguments; n++, (*at)++) {
		parse_integer(options->arguments[*at], 0, CONNECTION_ID_MAX, &id);
		if (json_array_append_new(ids, json_integer(id)) < 0) {
			json_decref(ids);
			return NULL;
		}
	}
	return ids;
}

/* ---- Ending ---- */

/* One call, for what member ("ids" or "filter", whose reference is taken) says. */
static int end_some(struct session *session, const char *name, json_t *member, json_t *missing,
		    int64_t *closed)
{
	char wrong[RENDER_WRONG_SIZE] = "";
	struct fields f = { .wrong = wrong };
	json_t *wanted =
	    member ? json_pack("{s:o, s:b, s:b}", name, member, "now", session->options->now,
			       "dry_run", session->options->dry_run)
		   : NULL;
	json_t *answer;
	int code;

	if (!wanted)
		return answer_is_wrong(session, "");
	code = answer_call(session, METHOD_CLOSE_CONNECTIONS, wanted, &answer);
	if (code != EXIT_OK)
		return code;
	*closed += fields_integer(&f, answer, "", "closed");
	json_array_extend(missing, (json_t *)(uintptr_t)fields_array(&f, answer, "", "missing"));
	json_decref(answer);
	return wrong[0] ? answer_is_wrong(session, wrong) : EXIT_OK;
}

static int end_all(struct session *session, json_t *missing, int64_t *closed)
{
	const struct options *options = session->options;
	int code = EXIT_OK;
	size_t at = 0;

	if (options->n_arguments == 0)
		return end_some(session, "filter", options_filter_json(&options->filter), missing,
				closed);
	while (code == EXIT_OK && at < options->n_arguments)
		code = end_some(session, "ids", next_ids(options, &at), missing, closed);
	return code;
}

static void print_ended(const struct options *options, int64_t closed, const json_t *missing)
{
	const json_t *id;
	size_t i;

	printf("%" PRId64 " connection%s %s\n", closed, closed == 1 ? "" : "s",
	       options->dry_run ? "would be closed" : "closed");
	json_array_foreach(missing, i, id)
	{
		session_complain("there is no connection %" JSON_INTEGER_FORMAT,
				 json_integer_value(id));
	}
}

static int render_ended(int64_t closed, json_t *missing)
{
	json_t *answer = json_pack("{s:I, s:O}", "closed", (json_int_t)closed, "missing", missing);
	const int r = answer ? render_json(answer, false, stdout) : -ENOMEM;

	json_decref(answer);
	return r;
}

int run_disconnect(struct session *session)
{
	json_t *missing = json_array();
	int64_t closed = 0;
	int code;

	session_wait_longer(session, SESSION_PATIENCE_MS);
	code = missing ? end_all(session, missing, &closed) : answer_is_wrong(session, "");
	if (code == EXIT_OK && !session->options->json)
		print_ended(session->options, closed, missing);
	else if (code == EXIT_OK && render_ended(closed, missing) < 0)
		code = answer_is_wrong(session, "");
	if (code == EXIT_OK && json_array_size(missing) > 0)
		code = EXIT_REFUSED;
	json_decref(missing);
	return code;
}
