/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reflect.c: tells a peer what the server sees of it. The first line, whatever it says, is answered
 * with one line of JSON, then the end. What the server does not know is null. A line that is cut
 * short by the peer's end counts as well; one that is too long is a breach.
 *
 * The answer goes out whole. A proxy's header may be longer than all the room that there ever is, so
 * as much of it is shown as fits; the rest of an answer is shorter than the least max-pending.
 */
#include "build.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "calendar.h"
#include "echod/attr.h"
#include "message_json.h"

enum {
	LINE_MAX_BYTES = 4096,
	TIME_SIZE = 64
};

/* ---- Values; NULL when memory ran out ---- */

/* Whatever is below 0 is not known. */
static json_t *known(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *scaled(int64_t value, int64_t factor)
{
	return known(value < 0 ? -1 : value * factor);
}

static json_t *end_of(const struct peer *peer)
{
	char address[PEER_TEXT_SIZE];

	if (!peer || (peer->family != PEER_IPV4 && peer->family != PEER_IPV6))
		return json_pack("{s:n, s:n}", "address", "port");
	return json_pack("{s:s, s:i}", "address", peer_format_address(peer, address), "port",
			 (int)peer->port);
}

static const char *transport_of(const struct service_context *ctx)
{
	if (ctx->datagram)
		return "udp";
	return ctx->local && ctx->local->family == PEER_UNIX ? "unix" : "tcp";
}

static json_t *time_text(const struct service_context *ctx)
{
	const struct calendar now = calendar_of(ctx->real_s);
	char text[TIME_SIZE];

	snprintf(text, sizeof(text), "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%06dZ", now.year,
		 now.month, now.day, now.hour, now.minute, now.second,
		 (int)(ctx->real_ns % 1000000000 / 1000));
	return json_string(text);
}

static json_t *tcp_of(const struct service_path *path)
{
	if (!path || !path->has_tcp)
		return json_null();
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "round_trip_ns", scaled(path->rtt_us, 1000),
	    "round_trip_variance_ns", scaled(path->rtt_variance_us, 1000), "send_mss_bytes",
	    known(path->send_mss), "receive_mss_bytes", known(path->receive_mss), "path_mtu_bytes",
	    known(path->path_mtu), "send_window_scale", known(path->send_scale),
	    "receive_window_scale", known(path->receive_scale), "retransmissions",
	    known(path->retransmissions));
}

/* ---- A proxy's header ---- */

static json_t *hex_of(const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	CLEANUP_FREE char *text = malloc(2 * n + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 0xf];
	}
	return json_stringn(text, 2 * n);
}

/* The line of version 1 without its end; null where it has bytes that are not to be printed, which
 * only an UNKNOWN one may have. */
static json_t *line_of(const struct service_proxy *proxy)
{
	const size_t length = proxy->length - 2;

	for (size_t i = 0; i < length; i++)
		if (proxy->header[i] < ' ' || proxy->header[i] > '~')
			return json_null();
	return json_stringn((const char *)proxy->header, length);
}

/* shown: how many bytes of the header. */
static json_t *proxy_of(const struct service_proxy *proxy, size_t shown)
{
	if (!proxy)
		return json_null();
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:I, s:o}", "version", proxy->version, "from",
			 end_of(&proxy->from), "source", end_of(&proxy->source), "destination",
			 end_of(&proxy->destination), "text",
			 proxy->version == 1 ? line_of(proxy) : json_null(), "length_bytes",
			 (json_int_t)proxy->length, "hex", hex_of(proxy->header, shown));
}

/* ---- The answer ---- */

static json_t *answer_of(const struct service_context *ctx, size_t shown)
{
	const int traffic_class = ctx->path ? ctx->path->traffic_class : -1;

	return json_pack(
	    "{s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "transport", transport_of(ctx),
	    "peer", end_of(ctx->peer), "local", end_of(ctx->local), "proxy",
	    proxy_of(ctx->proxy, shown), "time", time_text(ctx), "time_ns",
	    (json_int_t)ctx->real_ns, "hop_limit", known(ctx->path ? ctx->path->hops : -1), "dscp",
	    known(traffic_class < 0 ? -1 : traffic_class >> 2), "ecn",
	    known(traffic_class < 0 ? -1 : traffic_class & 3), "tcp", tcp_of(ctx->path));
}

/* Writes the line into an empty buf. -ENOMEM. */
static int write_line(const struct service_context *ctx, size_t shown, struct buf *line)
{
	json_t *json = answer_of(ctx, shown);
	int r = json ? message_json_text(json, JSON_COMPACT, line) : -ENOMEM;

	json_decref(json);
	return r < 0 ? r : buf_append(line, "\n", 1);
}

/* As answer_whole(). */
static int answer(const struct service_context *ctx, struct service_output *out)
{
	const size_t whole = ctx->proxy ? ctx->proxy->length : 0;
	struct buf line = { 0 };
	int r = write_line(ctx, whole, &line);
	size_t over = buf_length(&line) > out->room ? buf_length(&line) - out->room : 0;

	if (!r && over > 0 && whole > 0) {
		over = (over + 1) / 2; /* of the header: two digits show a byte */
		buf_fini(&line);
		r = write_line(ctx, whole > over ? whole - over : 0, &line);
	}
	if (!r)
		r = answer_whole(out, buf_data(&line), buf_length(&line));
	buf_fini(&line);
	return r;
}

/* 1 = a line is there, or all of what there will be of one; 0 = not yet; -EPROTO: it is too long,
 * in however many pieces it comes. */
static int find_line(const struct service_context *ctx, const struct service_input *in)
{
	const size_t most = LINE_MAX_BYTES + 1; /* its end is not counted */
	const size_t seen = in->length < most ? in->length : most;

	if (ctx->datagram || (seen > 0 && memchr(in->data, '\n', seen)))
		return 1;
	if (in->length > LINE_MAX_BYTES)
		return -EPROTO;
	return in->end && in->length > 0;
}

static int reflect_input(void *state UNUSED, const struct service_context *ctx,
			 struct service_input *in, struct service_output *out)
{
	int r = find_line(ctx, in);

	if (r <= 0)
		return r < 0 ? r : SERVICE_MORE;
	r = answer(ctx, out);
	if (r == 1)
		answer_use_all(in);
	if (r < 0)
		return r;
	return r == 1 ? SERVICE_CLOSE : SERVICE_MORE;
}

const struct service service_reflect = {
	.name = "reflect",
	.transports = SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX,
	.flags =
	    SERVICE_NEEDS_CLOCK | SERVICE_NEEDS_PEER | SERVICE_NEEDS_TCP_INFO | SERVICE_NEEDS_PROXY,
	.max_input = LINE_MAX_BYTES,
	.input = reflect_input,
};
