/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_connection.c owns how one connection reads.
 */
#include <inttypes.h>

#include "echoctl/render.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"
#include "echod/attr.h"

static const char *bytes(struct fields *f, const json_t *object, const char *where,
			 const char *name, char text[static RENDER_TEXT_SIZE])
{
	return render_bytes(fields_integer(f, object, where, name), text);
}

static void print_tcp(struct fields *f, const json_t *tcp, FILE *out)
{
	char a[RENDER_TEXT_SIZE], b[RENDER_TEXT_SIZE];

	fprintf(out, "round trip  %.3f ms, varies by %.3f ms; %" PRId64 " retransmissions\n",
		(double)fields_integer(f, tcp, "tcp", "round_trip_us") / 1000,
		(double)fields_integer(f, tcp, "tcp", "round_trip_variance_us") / 1000,
		fields_integer(f, tcp, "tcp", "retransmissions"));
	fprintf(out, "queues      %s to receive, %s sent and not acknowledged or to be sent\n",
		bytes(f, tcp, "tcp", "receive_queue_bytes", a),
		bytes(f, tcp, "tcp", "send_queue_bytes", b));
	fprintf(out,
		"segments    %" PRId64 " unacknowledged of a window of %" PRId64
		"; sent up to %" PRId64 " B, received up to %" PRId64 " B, path %" PRId64 " B\n",
		fields_integer(f, tcp, "tcp", "unacknowledged_segments"),
		fields_integer(f, tcp, "tcp", "congestion_window_segments"),
		fields_integer(f, tcp, "tcp", "send_mss_bytes"),
		fields_integer(f, tcp, "tcp", "receive_mss_bytes"),
		fields_integer(f, tcp, "tcp", "path_mtu_bytes"));
}

static void print_label(const char *label, const char *text, FILE *out)
{
	fprintf(out, "%-12s", label);
	render_print(text ? text : "unknown", out);
	fputc('\n', out);
}

static void print_connection(struct fields *f, const json_t *parameters, bool color UNUSED,
			     FILE *out)
{
	const json_t *c = fields_object(f, parameters, "connection");
	const json_t *tcp = fields_optional_object(f, c, "tcp");
	const char *client = fields_optional_text(f, c, "", "proxied_peer");
	char a[RENDER_TEXT_SIZE], b[RENDER_TEXT_SIZE], p[RENDER_TEXT_SIZE];

	fprintf(out, "connection  %" PRId64 ", %s, of worker %" PRId64 "\n",
		fields_integer(f, c, "", "id"), fields_text(f, c, "", "state"),
		fields_integer(f, c, "", "worker"));
	fprintf(out, "listener    %s, %s over %s\n", fields_text(f, c, "", "listener"),
		fields_text(f, c, "", "service"), fields_text(f, c, "", "transport"));
	print_label("peer", fields_text(f, c, "", "peer"), out);
	if (client)
		print_label("proxied for", client, out);
	print_label("local", fields_optional_text(f, c, "", "local"), out);
	fprintf(out, "age         %s, idle for %s\n",
		render_duration(fields_integer(f, c, "", "age_ms") / 1000, a),
		render_duration(fields_integer(f, c, "", "idle_ms") / 1000, b));
	fprintf(out, "bytes       %s received, %s sent, %s pending\n",
		bytes(f, c, "", "received_bytes", a), bytes(f, c, "", "sent_bytes", b),
		bytes(f, c, "", "pending_bytes", p));
	if (tcp)
		print_tcp(f, tcp, out);
}

int render_connection(const json_t *parameters, bool color, FILE *out,
		      char ret_wrong[static RENDER_WRONG_SIZE])
{
	return fields_print(print_connection, parameters, color, out, ret_wrong);
}
