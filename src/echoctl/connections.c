/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * connections.c: listing what is served and who is connected.
 */
#include "echoctl/connections.h"

#include <stdio.h>
#include <string.h>

#include "echoctl/answer.h"
#include "echoctl/list.h"
#include "echoctl/options_filter.h"
#include "echoctl/session.h"
#include "echod/parse.h"

/* ---- Lists ---- */

static const struct list_column listener_columns[] = {
	{ .field = "name", .heading = "LISTENER" },
	{ .field = "service", .heading = "SERVICE", .drop = 2 },
	{ .field = "transport", .heading = "TRANSPORT", .drop_late = 3 },
	{ .field = "address", .heading = "ADDRESS", .optional = true, .if_present = true },
	{ .field = "port", .heading = "PORT", .optional = true, .kind = LIST_INTEGER },
	{ .field = "path",
	  .heading = "PATH",
	  .optional = true,
	  .if_present = true,
	  .drop_late = 1 },
	{ .field = "state", .heading = "STATE", .drop = 1 },
	{ .field = "active", .heading = "ACTIVE", .kind = LIST_INTEGER },
	{ .field = "accepted", .heading = "ACCEPTED", .kind = LIST_INTEGER, .drop_late = 2 },
	{ .field = "rejected", .heading = "REJECTED", .kind = LIST_INTEGER, .drop = 3 },
	{ .field = "received_bytes", .heading = "RECEIVED", .kind = LIST_BYTES, .drop = 4 },
	{ .field = "sent_bytes", .heading = "SENT", .kind = LIST_BYTES, .drop = 5 },
	{ .field = "datagrams_received",
	  .heading = "DATAGRAMS",
	  .kind = LIST_INTEGER,
	  .if_present = true,
	  .drop = 6 },
	{ .field = "datagrams_sent",
	  .heading = "ANSWERED",
	  .kind = LIST_INTEGER,
	  .if_present = true,
	  .drop = 7 },
	{ .field = "datagrams_dropped",
	  .heading = "DROPPED",
	  .kind = LIST_INTEGER,
	  .if_present = true,
	  .drop = 8 },
};

#define TCP .inside = "tcp", .kind

static const struct list_column connection_columns[] = {
	{ .field = "id", .heading = "ID", .kind = LIST_INTEGER },
	{ .field = "worker", .kind = LIST_INTEGER },
	{ .field = "listener", .heading = "LISTENER", .drop = 4 },
	{ .field = "service", .heading = "SERVICE", .drop = 6 },
	{ .field = "transport" },
	{ .field = "state", .heading = "STATE", .drop = 3 },
	{ .field = "peer", .heading = "PEER", .kind = LIST_PEER },
	{ .field = "local", .heading = "LOCAL", .optional = true, .drop = 7 },
	{ .field = "proxied_peer", .optional = true },
	{ .field = "age_ms", .heading = "AGE", .kind = LIST_MS, .drop = 2 },
	{ .field = "idle_ms", .heading = "IDLE", .kind = LIST_MS, .drop_late = 2 },
	{ .field = "received_bytes", .heading = "RECEIVED", .kind = LIST_BYTES, .drop = 1 },
	{ .field = "sent_bytes", .heading = "SENT", .kind = LIST_BYTES, .drop = 1 },
	{ .field = "pending_bytes", .heading = "PENDING", .kind = LIST_BYTES, .drop = 5 },
	{ .field = "receive_queue_bytes", .heading = "RECV-Q", .drop_late = 3, TCP = LIST_BYTES },
	{ .field = "send_queue_bytes", .heading = "SEND-Q", .drop_late = 4, TCP = LIST_BYTES },
	{ .field = "round_trip_us", .heading = "RTT", TCP = LIST_US },
	{ .field = "round_trip_variance_us", TCP = LIST_US },
	{ .field = "retransmissions", .heading = "RETRANS", .drop_late = 1, TCP = LIST_INTEGER },
	{ .field = "congestion_window_segments", .heading = "CWND", .drop = 8, TCP = LIST_INTEGER },
	{ .field = "unacknowledged_segments", TCP = LIST_INTEGER },
	{ .field = "send_mss_bytes", .heading = "MSS", .drop = 9, TCP = LIST_INTEGER },
	{ .field = "receive_mss_bytes", TCP = LIST_INTEGER },
	{ .field = "path_mtu_bytes", TCP = LIST_INTEGER },
};

int run_listeners(struct session *session)
{
	json_t *answer;
	const int code = answer_call(session, METHOD_LIST_LISTENERS, NULL, &answer);

	return code == EXIT_OK ? list_show(session, "listeners", listener_columns,
					   ARRAY_LENGTH(listener_columns), answer)
			       : code;
}

struct listing {
	const struct session *session;
	struct list list;
	json_t *cursor; /* of the last reply; a reference */
};

static int take_page(const json_t *parameters, bool last, void *user)
{
	struct listing *l = user;
	const int r = list_page(&l->list, parameters);

	if (r < 0)
		return answer_is_wrong(l->session, l->list.wrong);
	if (last)
		l->cursor = json_incref(json_object_get(parameters, "cursor"));
	return ferror(stdout) ? session_flush() : EXIT_OK;
}

static json_t *list_wanted(const struct options_filter *f)
{
	return json_pack("{s:o, s:s*, s:b, s:b, s:o*}", "filter", options_filter_json(f), "sort",
			 f->sort, "reverse", f->reverse, "tcp", f->tcp, "limit",
			 f->limit > 0 ? json_integer(f->limit) : NULL);
}

int check_connections(struct options *options)
{
	const char *sort = options->filter.sort;

	if (!sort || strcmp(sort, "rate") != 0)
		return 0;
	return options_refuse(options, "--sort rate goes with top only: a list knows no rates");
}

int run_connections(struct session *session)
{
	const struct options *options = session->options;
	char wrong[RENDER_WRONG_SIZE] = "";
	struct listing l = { .session = session };
	json_t *wanted = list_wanted(&options->filter);
	int code;

	if (!wanted)
		return answer_is_wrong(session, "");
	session_wait_longer(session, SESSION_PATIENCE_MS);
	list_begin(&l.list, "connections", connection_columns, ARRAY_LENGTH(connection_columns),
		   options->filter.tcp ? NULL : "tcp", options, stdout, wrong);
	code = session_stream(session, CONTROL_INTERFACE ".ListConnections", wanted, take_page, &l);
	list_end(&l.list, code == EXIT_OK, l.cursor);
	json_decref(l.cursor);
	return code;
}

/* ---- One ---- */

int run_show(struct session *session)
{
	int64_t id = 0;
	json_t *answer;
	int code;

	parse_integer(session->options->arguments[0], 0, CONNECTION_ID_MAX, &id);
	session_wait_longer(session, SESSION_PATIENCE_MS);
	code = answer_call(session, METHOD_GET_CONNECTION, json_pack("{s:I}", "id", (json_int_t)id),
			   &answer);
	return code == EXIT_OK ? answer_show(session, answer, render_connection) : code;
}
