/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_status.c owns how a status reads: the state first (render_status_head.c), then what is
 * served, by whom, and the sums, in which only what happened is mentioned.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/render.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_status.h"
#include "echoctl/render_table.h"

struct status {
	struct fields fields;
	const json_t *answer;
	bool colors;
	FILE *out;
	int room; /* columns for a table; 0 = no limit */
	bool no_memory;
};

static int64_t integer(struct status *s, const json_t *object, const char *where, const char *name)
{
	return fields_integer(&s->fields, object, where, name);
}

static const char *text(struct status *s, const json_t *object, const char *where, const char *name)
{
	return fields_text(&s->fields, object, where, name);
}

/* ---- Tables ---- */

static void add_integer(struct status *s, struct table *t, const json_t *row, const char *where,
			const char *name)
{
	table_add(t, COLOR_NONE, "%" PRId64, integer(s, row, where, name));
}

static void add_text(struct status *s, struct table *t, const json_t *row, const char *where,
		     const char *name)
{
	table_add(t, COLOR_NONE, "%s", text(s, row, where, name));
}

static void add_bytes(struct status *s, struct table *t, const json_t *row, const char *where,
		      const char *name)
{
	char size[RENDER_TEXT_SIZE];

	table_add(t, COLOR_NONE, "%s", render_bytes(integer(s, row, where, name), size));
}

/* "tcp 127.0.0.1:7", "udp [::1]:7", "unix /run/x.sock". */
static void add_endpoint(struct status *s, struct table *t, const json_t *row, const char *where)
{
	const char *transport = text(s, row, where, "transport");
	const char *address = fields_optional_text(&s->fields, row, where, "address");
	const char *path = fields_optional_text(&s->fields, row, where, "path");
	bool brackets = address && strchr(address, ':');
	int64_t port = 0;

	fields_optional_integer(&s->fields, row, where, "port", &port);
	if (address)
		table_add(t, COLOR_NONE, "%s %s%s%s:%" PRId64, transport, brackets ? "[" : "",
			  address, brackets ? "]" : "", port);
	else
		table_add(t, COLOR_NONE, "%s %s", transport, path ? path : "-");
}

static void add_listener(struct status *s, struct table *t, const json_t *row, const char *where)
{
	const char *state = text(s, row, where, "state");

	add_text(s, t, row, where, "name");
	add_text(s, t, row, where, "service");
	add_endpoint(s, t, row, where);
	table_add(t, render_state_color(state), "%s", state);
	add_integer(s, t, row, where, "active");
	add_integer(s, t, row, where, "accepted");
	add_integer(s, t, row, where, "rejected");
	add_bytes(s, t, row, where, "received_bytes");
	add_bytes(s, t, row, where, "sent_bytes");
	add_integer(s, t, row, where, "datagrams_received");
	add_integer(s, t, row, where, "datagrams_sent");
	add_integer(s, t, row, where, "datagrams_dropped");
}

static const struct table_column listener_columns[] = {
	{ .heading = "LISTENER" },
	{ .heading = "SERVICE", .drop = 4 },
	{ .heading = "ENDPOINT" },
	{ .heading = "STATE", .drop = 1 },
	{ .heading = "ACTIVE", .right = true },
	{ .heading = "ACCEPTED", .right = true },
	{ .heading = "REJECTED", .right = true, .drop = 3 },
	{ .heading = "RECEIVED", .right = true, .drop = 5 },
	{ .heading = "SENT", .right = true, .drop = 6 },
	{ .heading = "DATAGRAMS", .right = true, .if_present = true, .drop = 7 },
	{ .heading = "ANSWERED", .right = true, .if_present = true, .drop = 8 },
	{ .heading = "DROPPED", .right = true, .if_present = true, .drop = 2 },
};

/* "0", "0,2", or "-". */
static void add_slots(struct status *s, struct table *t, const json_t *row, const char *where)
{
	const json_t *slots = fields_array(&s->fields, row, where, "slots"), *slot;
	char list[256] = "-";
	size_t i, used = 0;

	json_array_foreach(slots, i, slot)
	{
		if (!json_is_integer(slot))
			fields_wrong(&s->fields, where, "slots", "no list of integers");
		if (used < sizeof(list) - 24)
			used += (size_t)snprintf(list + used, sizeof(list) - used,
						 "%s%" JSON_INTEGER_FORMAT, i > 0 ? "," : "",
						 json_integer_value(slot));
	}
	table_add(t, COLOR_NONE, "%s", list);
}

static void add_worker(struct status *s, struct table *t, const json_t *row, const char *where)
{
	const char *state = text(s, row, where, "state");
	bool full = fields_boolean(&s->fields, row, where, "full");
	int64_t pid;

	add_integer(s, t, row, where, "index");
	if (fields_optional_integer(&s->fields, row, where, "pid", &pid))
		table_add(t, COLOR_NONE, "%" PRId64, pid);
	else
		table_add(t, COLOR_NONE, "-");
	table_add(t, full ? COLOR_BAD : render_state_color(state), "%s%s", state,
		  full ? ", full" : "");
	add_slots(s, t, row, where);
	add_integer(s, t, row, where, "active");
	add_integer(s, t, row, where, "accepted");
	add_bytes(s, t, row, where, "pending_bytes");
	add_integer(s, t, row, where, "paused_connections");
	add_integer(s, t, row, where, "open_files_limit");
	add_integer(s, t, row, where, "restarts");
}

static const struct table_column worker_columns[] = {
	{ .heading = "WORKER", .right = true },
	{ .heading = "PID", .right = true },
	{ .heading = "STATE" },
	{ .heading = "SLOTS", .drop = 4 },
	{ .heading = "ACTIVE", .right = true },
	{ .heading = "ACCEPTED", .right = true, .drop = 2 },
	{ .heading = "PENDING", .right = true, .drop = 3 },
	{ .heading = "PAUSED", .right = true, .if_present = true, .drop = 5 },
	{ .heading = "FILES", .right = true, .drop = 6 },
	{ .heading = "RESTARTS", .right = true, .if_present = true, .drop = 1 },
};

static void
print_rows(struct status *s, const char *name, const struct table_column *columns, size_t n_columns,
	   void (*add)(struct status *s, struct table *t, const json_t *row, const char *where))
{
	const json_t *rows = fields_array(&s->fields, s->answer, "", name), *row;
	struct table t;
	char where[64];
	size_t i;

	table_init(&t, columns, n_columns);
	t.room = s->room;
	json_array_foreach(rows, i, row)
	{
		snprintf(where, sizeof(where), "%s[%zu]", name, i);
		add(s, &t, row, where);
	}
	s->no_memory |= t.failed;
	if (!t.failed && json_array_size(rows) > 0) {
		fputc('\n', s->out);
		table_print(&t, s->colors, s->out);
	}
	table_fini(&t);
}

/* ---- The sums ---- */

/* The sum of a map of reasons. */
static int64_t sum_of(struct status *s, const json_t *totals, const char *name)
{
	const json_t *reasons = json_object_get(totals, name), *value;
	const char *word;
	int64_t sum = 0;

	if (!json_is_object(reasons))
		fields_wrong(&s->fields, "totals", name, reasons ? "no object" : "missing");
	json_object_foreach((json_t *)(uintptr_t)reasons, word, value) sum +=
	    integer(s, reasons, name, word);
	return sum;
}

/* ", 3 rejected (limit 2, rate 1)": the reasons that are not 0. */
static void print_reasons(struct status *s, const json_t *totals, const char *name,
			  const char *label)
{
	const json_t *reasons = json_object_get(totals, name), *value;
	const char *before = " (", *word;

	fprintf(s->out, ", %" PRId64 " %s", sum_of(s, totals, name), label);
	json_object_foreach((json_t *)(uintptr_t)reasons, word, value)
	{
		if (json_integer_value(value) == 0)
			continue;
		fputs(before, s->out);
		render_print(word, s->out);
		fprintf(s->out, " %" JSON_INTEGER_FORMAT, json_integer_value(value));
		before = ", ";
	}
	fputs(before[0] == ',' ? ")" : "", s->out);
}

static int64_t total(struct status *s, const json_t *totals, const char *name)
{
	return integer(s, totals, "totals", name);
}

static void print_bytes(struct status *s, const json_t *totals)
{
	char received[RENDER_TEXT_SIZE], sent[RENDER_TEXT_SIZE], pending[RENDER_TEXT_SIZE];
	int64_t paused = total(s, totals, "paused_connections");

	fprintf(s->out, "bytes        %s received, %s sent, %s pending",
		render_bytes(total(s, totals, "received_bytes"), received),
		render_bytes(total(s, totals, "sent_bytes"), sent),
		render_bytes(total(s, totals, "pending_bytes"), pending));
	if (paused > 0)
		fprintf(s->out, ", %" PRId64 " connections paused", paused);
	fputc('\n', s->out);
}

static void print_connections(struct status *s, const json_t *totals)
{
	fprintf(s->out, "\nconnections  %" PRId64 " accepted, %" PRId64 " active",
		total(s, totals, "accepted"), total(s, totals, "active"));
	print_reasons(s, totals, "closed", "closed");
	print_reasons(s, totals, "rejected", "rejected");
	if (sum_of(s, totals, "accept_errors") != 0)
		print_reasons(s, totals, "accept_errors", "not accepted");
	fputc('\n', s->out);
}

static void print_datagrams(struct status *s, const json_t *totals)
{
	int64_t received = total(s, totals, "datagrams_received");
	int64_t answered = total(s, totals, "datagrams_sent");

	if (sum_of(s, totals, "datagrams_dropped") == 0 && received == 0 && answered == 0)
		return;
	fprintf(s->out, "datagrams    %" PRId64 " received, %" PRId64 " answered", received,
		answered);
	print_reasons(s, totals, "datagrams_dropped", "dropped");
	fputc('\n', s->out);
}

static void print_totals(struct status *s)
{
	const json_t *totals = fields_object(&s->fields, s->answer, "totals");
	int64_t restarts = total(s, totals, "worker_restarts");

	print_connections(s, totals);
	print_bytes(s, totals);
	print_datagrams(s, totals);
	if (restarts > 0)
		fprintf(s->out, "workers      %s%" PRId64 " restarted%s\n",
			render_color_on(COLOR_BAD, s->colors), restarts,
			render_color_off(COLOR_BAD, s->colors));
}

static void print_control(struct status *s)
{
	const json_t *control = fields_object(&s->fields, s->answer, "control");
	int64_t dropped = integer(s, control, "control", "dropped");
	int64_t malformed = integer(s, control, "control", "malformed");

	fprintf(s->out, "control      %" PRId64 " connected",
		integer(s, control, "control", "clients"));
	if (dropped > 0)
		fprintf(s->out, ", %" PRId64 " dropped", dropped);
	if (malformed > 0)
		fprintf(s->out, ", %" PRId64 " malformed", malformed);
	fputc('\n', s->out);
}

/* Only of a daemon that has one. */
static void print_http(struct status *s)
{
	const json_t *http;

	if (!json_object_get(s->answer, "http") ||
	    !json_is_string(json_object_get(s->answer, "metrics_url")))
		return;
	http = fields_object(&s->fields, s->answer, "http");
	fprintf(s->out, "http         %" PRId64 " connected, %" PRId64 " accepted",
		integer(s, http, "http", "clients"), integer(s, http, "http", "accepted"));
	if (integer(s, http, "http", "rejected") > 0)
		fprintf(s->out, ", %" PRId64 " rejected", integer(s, http, "http", "rejected"));
	if (integer(s, http, "http", "timed_out") > 0)
		fprintf(s->out, ", %" PRId64 " timed out", integer(s, http, "http", "timed_out"));
	if (integer(s, http, "http", "accept_errors") > 0)
		fprintf(s->out, ", %" PRId64 " not accepted",
			integer(s, http, "http", "accept_errors"));
	fputc('\n', s->out);
}

int render_status(const json_t *parameters, bool color, FILE *out,
		  char ret_wrong[static RENDER_WRONG_SIZE])
{
	char *page = NULL;
	size_t size = 0;
	struct status s = { .fields = { .wrong = ret_wrong },
			    .answer = parameters,
			    .colors = color,
			    .out = open_memstream(&page, &size),
			    .room = render_room(out) };

	if (!s.out)
		return -ENOMEM;
	render_status_head(&s.fields, parameters, color, s.out);
	print_rows(&s, "listeners", listener_columns, ARRAY_LENGTH(listener_columns), add_listener);
	print_rows(&s, "workers", worker_columns, ARRAY_LENGTH(worker_columns), add_worker);
	print_totals(&s);
	print_control(&s);
	print_http(&s);
	s.no_memory |= fclose(s.out) != 0;
	if (!ret_wrong[0] && !s.no_memory)
		fwrite(page, 1, size, out);
	free(page);
	return ret_wrong[0] ? -EPROTO : s.no_memory ? -ENOMEM : 0;
}
