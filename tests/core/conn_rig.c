/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_rig.c: there is one rig, because it is large and cmocka runs one test at a time.
 */
#include "tests/cmocka_all.h"

#include "tests/core/conn_rig.h"

#include <string.h>

const struct service_context rig_context = { .datagram = false };
static struct rig the_rig;

struct rig *rig_open(const struct service *service, size_t max_pending)
{
	struct rig *r = &the_rig;
	struct peer peer = { .family = PEER_IPV4, .port = 4711 };

	r->rules = (struct conn_rules){ .service = service, .max_pending = max_pending };
	r->loan = (struct conn_loan){ .memory = r->memory, .size = sizeof(r->memory) };
	r->now_ms = 1000;
	r->out_length = 0;
	r->last_error = 0;
	assert_int_equal(conn_init(&r->c, 42, 5, &r->rules, &peer, &rig_context, r->now_ms), 0);
	return r;
}

void rig_close(struct rig *r)
{
	conn_fini(&r->c);
}

size_t rig_receive(struct rig *r, const void *data, size_t n)
{
	uint8_t *to = NULL;
	size_t space = conn_recv_space(&r->c, &r->loan, &to);

	if (space < n)
		n = space;
	if (n == 0)
		return 0;
	memcpy(to, data, n);
	r->last_error = conn_recv_done(&r->c, &r->loan, n, &rig_context, r->now_ms);
	return n;
}

void rig_send(struct rig *r, size_t n)
{
	const uint8_t *data = NULL;
	size_t length;

	while ((length = conn_send_data(&r->c, &r->loan, &data)) > 0) {
		size_t taken = length < n ? length : n;

		assert_true(r->out_length + taken <= sizeof(r->out));
		if (taken > 0)
			memcpy(r->out + r->out_length, data, taken);
		r->out_length += taken;
		r->last_error = conn_send_done(&r->c, &r->loan, taken, &rig_context, r->now_ms);
		if (taken < length)
			break;
		n -= taken;
	}
}

bool rig_settle(struct rig *r)
{
	assert_int_equal(conn_settle(&r->c, &r->loan, r->now_ms), 0);
	assert_int_equal(r->loan.length, 0);
	if (!conn_wants_shutdown(&r->c))
		return false;
	conn_shutdown_done(&r->c, r->now_ms);
	assert_false(conn_wants_shutdown(&r->c));
	return true;
}

size_t rig_turn(struct rig *r, const void *data, size_t n, size_t room)
{
	size_t received = rig_receive(r, data, n);

	rig_send(r, room);
	rig_settle(r);
	return received;
}

void rig_end(struct rig *r, size_t room)
{
	r->last_error = conn_recv_end(&r->c, &rig_context, r->now_ms);
	rig_send(r, room);
	rig_settle(r);
}

void rig_assert_out(const struct rig *r, const char *text)
{
	assert_int_equal(r->out_length, strlen(text));
	assert_memory_equal(r->out, text, r->out_length);
}
