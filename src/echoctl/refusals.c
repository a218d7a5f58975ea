/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * refusals.c: whom the daemon refused and why: the sums by reason, and then the sources, in one list
 * of which each row says what was refused.
 */
#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/list.h"
#include "echoctl/render_fields.h"
#include "echoctl/session.h"

/* ---- The sums ---- */

static void print_sum(struct fields *f, const json_t *answer, const char *field, const char *label)
{
	char text[RENDER_REASONS_SIZE];

	printf("%-23s", label);
	render_print(fields_reasons(fields_object(f, answer, field), text), stdout);
	putchar('\n');
}

static void print_sums(struct fields *f, const json_t *answer)
{
	print_sum(f, answer, "rejected", "connections refused");
	print_sum(f, answer, "accept_errors", "accept failed");
	print_sum(f, answer, "datagrams_dropped", "datagrams dropped");
}

/* ---- The sources ---- */

#define REASON(word)                                                                         \
	{                                                                                    \
		.field = (word), .inside = "reasons", .kind = LIST_INTEGER, .optional = true \
	}

/* Of the reasons, in CSV, connections have the first ones, datagrams the last, both rate and acl. */
static const struct list_column columns[] = {
	{ .field = "network", .heading = "SOURCE" },
	{ .field = "what", .heading = "WHAT", .drop = 1 },
	{ .field = "count", .heading = "REFUSED", .kind = LIST_INTEGER },
	{ .field = "overcount",
	  .heading = "OVERCOUNT",
	  .kind = LIST_INTEGER,
	  .if_present = true,
	  .drop = 2 },
	{ .field = "reasons", .heading = "REASONS", .kind = LIST_REASONS },
	REASON("limit"),
	REASON("source_limit"),
	REASON("proxy"),
	REASON("draining"),
	REASON("descriptors"),
	REASON("rate"),
	REASON("acl"),
	REASON("port_zero"),
	REASON("own_port"),
	REASON("reflector_port"),
	REASON("bad_source"),
	REASON("loopback_elsewhere"),
	REASON("self"),
	REASON("short"),
	REASON("truncated"),
	REASON("send"),
};

/* Puts the rows of this field behind those of sources, and into each what it is about. */
static void add_rows(struct fields *f, json_t *sources, const json_t *answer, const char *field,
		     const char *what)
{
	const json_t *rows = fields_array(f, answer, "", field);
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (json_object_set_new(row, "what", json_string(what)) < 0 ||
		    json_array_append(sources, row) < 0)
			fields_wrong(f, "", field, "no list of objects");
	}
}

static json_t *all_sources(struct fields *f, const json_t *answer)
{
	json_t *sources = json_array();

	add_rows(f, sources, answer, "sources", "connections");
	add_rows(f, sources, answer, "datagram_sources", "datagrams");
	return json_pack("{s:o}", "sources", sources);
}

/* As CSV or text. An exit code; takes the reference. */
static int show(const struct session *session, json_t *answer)
{
	const struct options *options = session->options;
	char wrong[RENDER_WRONG_SIZE] = "";
	struct fields f = { .wrong = wrong };
	json_t *rows = all_sources(&f, answer);
	const bool any = json_array_size(json_object_get(rows, "sources")) > 0;
	int code = EXIT_OK;

	if (wrong[0] == '\0' && !options->csv && !options->no_headings) {
		print_sums(&f, answer);
		fputs(any ? "\n" : "", stdout);
	}
	if (wrong[0])
		code = answer_is_wrong(session, wrong);
	else if (any || options->csv)
		code = list_show(session, "sources", columns, ARRAY_LENGTH(columns),
				 json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return code;
}

int run_refusals(struct session *session)
{
	const int64_t limit = session->options->filter.limit;
	json_t *answer;
	int code =
	    answer_call(session, METHOD_GET_REFUSALS,
			limit > 0 ? json_pack("{s:I}", "limit", (json_int_t)limit) : NULL, &answer);

	if (code != EXIT_OK)
		return code;
	return session->options->json ? answer_show(session, answer, NULL) : show(session, answer);
}
