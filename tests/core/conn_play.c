/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_play.c owns the peer, the kernel's two queues and the clock of one played connection.
 */
#include "tests/core/conn_play.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/conn.h"
#include "tests/core/conn_expect.h"
#include "tests/core/conn_services.h"

enum {
	IN_MAX = 1 << 14,   /* bytes that a peer sends at most */
	OUT_MAX = 1 << 15,  /* and takes, from a service that never ends */
	LOAN_MAX = 1 << 13, /* bytes of the loan */
	TURNS_MAX = 1 << 20 /* after which it is said to hang */
};

struct play {
	struct conn c;
	struct conn_rules rules;
	struct conn_loan loan;
	const uint8_t *script;
	size_t length, turns;
	int64_t now_ms;
	size_t queued;		      /* bytes that the peer sent and nobody has read */
	size_t peer_sent;	      /* all that it sent */
	size_t kernel;		      /* bytes that the kernel will take before EAGAIN */
	size_t in_length;	      /* bytes read while OPEN: expect_peer_byte(0), ... */
	size_t out_length;	      /* bytes that the peer got */
	size_t owed;		      /* how many it must get at least, once the end has begun */
	bool peer_ends, aborted, cut; /* cut: input was still to be served when the end came */
	size_t received;	      /* all that was read */
	uint8_t memory[LOAN_MAX];
};

static const struct service_context context;

#define CHECK(p, truth)                              \
	do {                                         \
		if (!(truth))                        \
			breach(p, #truth, __LINE__); \
	} while (0)

static _Noreturn void breach(const struct play *p, const char *what, int line)
{
	fprintf(stderr, "conn_play.c:%d: %s; turn %zu, %s, %s, reason %s; script: ", line, what,
		p->turns, p->rules.service->name, conn_state_name(p->c.state),
		close_reason_name(p->c.reason));
	for (size_t i = 0; i < p->length; i++)
		fprintf(stderr, "\\x%02x", p->script[i]);
	fputc('\n', stderr);
	abort();
}

/* ---- What must always hold between turns ---- */

static void check_wants(const struct play *p)
{
	const struct conn *c = &p->c;
	unsigned wants = conn_wants(c);
	bool open = c->state == CONN_OPEN;

	CHECK(p, ((wants & CONN_CLOSE) != 0) == (c->state == CONN_DONE));
	CHECK(p, !(wants & CONN_CLOSE) || wants == CONN_CLOSE);
	if (c->state == CONN_DONE)
		return;
	CHECK(p, ((wants & CONN_WRITE) != 0) == (conn_pending(c) > 0));
	CHECK(p, c->state != CONN_LINGERING || wants == CONN_READ);
	CHECK(p, c->state != CONN_FLUSHING || wants == CONN_WRITE);
	CHECK(p, !open || !c->paused || !(wants & CONN_READ));
	/* Whoever can neither read nor write and was not paused would hang for ever. */
	CHECK(p, c->paused || wants != 0);
}

static void check_memory(const struct play *p)
{
	const struct conn *c = &p->c;

	CHECK(p, p->loan.length == 0);
	CHECK(p, c->pending.block == NULL || conn_pending(c) > 0);
	CHECK(p, c->input.block == NULL || buf_length(&c->input) > 0);
	if (c->state == CONN_LINGERING)
		CHECK(p, !c->pending.block && !c->input.block);
	CHECK(p, !(c->rules->service->flags & SERVICE_IDENTITY) || !c->input.block);
	CHECK(p, conn_pending(c) > 0 || buf_length(&c->input) <= c->rules->service->max_input);
}

static void check_counts(const struct play *p)
{
	const struct conn *c = &p->c;

	CHECK(p, (size_t)c->received_bytes == p->received);
	CHECK(p, (size_t)c->sent_bytes == p->out_length);
	CHECK(p, p->out_length <= expect_length(p->rules.service, p->in_length));
	if (p->rules.service == &service_echo && c->state != CONN_DONE)
		CHECK(p, p->in_length == p->out_length + conn_pending(c));
}

static void check_time(const struct play *p)
{
	struct conn copy = p->c;
	int64_t deadline = conn_deadline_ms(&p->c);

	CHECK(p, p->c.active_ms <= p->now_ms);
	if (p->now_ms >= deadline)
		return;
	conn_expire(&copy, p->now_ms);
	CHECK(p, copy.state == p->c.state && copy.reason == p->c.reason);
}

/* ---- The owner's turn ---- */

static void fail_if(struct play *p, int error)
{
	CHECK(p, error == 0 || p->c.reason == CLOSE_PROTOCOL);
	CHECK(p, error == 0 || p->c.state != CONN_OPEN);
}

static void receive(struct play *p)
{
	struct conn *c = &p->c;
	bool wanted = conn_wants(c) & CONN_READ, open = c->state == CONN_OPEN;
	uint8_t *to = NULL;
	size_t space, unsent = conn_pending(c) + p->loan.length;

	if (p->queued == 0 && !p->peer_ends)
		return;
	space = c->state == CONN_DONE ? 0 : conn_recv_space(c, &p->loan, &to);
	CHECK(p, p->loan.length > 0 || wanted == (space > 0));
	CHECK(p, space <= p->loan.size);
	CHECK(p, !open || space == 0 || space <= p->rules.max_pending - unsent);
	if (space == 0)
		return;
	if (p->queued == 0) {
		fail_if(p, conn_recv_end(c, &context, p->now_ms));
		return;
	}
	space = space < p->queued ? space : p->queued;
	for (size_t i = 0; i < space; i++)
		to[i] = expect_peer_byte(p->received + i);
	p->received += space;
	p->queued -= space;
	if (open)
		p->in_length += space;
	fail_if(p, conn_recv_done(c, &p->loan, space, &context, p->now_ms));
}

static void send_some(struct play *p)
{
	struct conn *c = &p->c;
	const uint8_t *data = NULL;
	size_t n;

	while ((n = conn_send_data(c, &p->loan, &data)) > 0) {
		size_t taken = n < p->kernel ? n : p->kernel;

		for (size_t i = 0; i < taken; i++)
			CHECK(p, data[i] == expect_byte(p->rules.service, p->in_length,
							p->out_length + i));
		p->out_length += taken;
		p->kernel -= taken;
		fail_if(p, conn_send_done(c, &p->loan, taken, &context, p->now_ms));
		if (taken < n)
			break;
	}
}

static void note_the_end(struct play *p)
{
	if (p->c.state == CONN_OPEN || p->owed > 0)
		return;
	p->owed = p->out_length + conn_pending(&p->c);
}

static void turn(struct play *p, int receives)
{
	size_t unsent;

	CHECK(p, ++p->turns < TURNS_MAX);
	for (int i = 0; i < receives; i++)
		receive(p);
	send_some(p);
	unsent = conn_pending(&p->c) + p->loan.length;
	CHECK(p, unsent <= p->rules.max_pending);
	CHECK(p, conn_settle(&p->c, &p->loan, p->now_ms) == 0);
	CHECK(p, conn_pending(&p->c) == unsent || p->c.state == CONN_DONE);
	note_the_end(p);
	if (conn_wants_shutdown(&p->c)) {
		CHECK(p, p->out_length >= p->owed);
		conn_shutdown_done(&p->c, p->now_ms);
		CHECK(p, !conn_wants_shutdown(&p->c));
	}
	check_wants(p);
	check_memory(p);
	check_counts(p);
	check_time(p);
}

/* ---- Scripts ---- */

static size_t number(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - (size_t)'0';
	if (byte >= 'a' && byte <= 'z')
		return (byte - (size_t)'a' + 1) * 16;
	return (size_t)byte * 37;
}

static void expire(struct play *p)
{
	bool open = p->c.state == CONN_OPEN, passed = conn_deadline_ms(&p->c) <= p->now_ms;

	conn_expire(&p->c, p->now_ms);
	if (!passed)
		return;
	CHECK(p, !open || p->c.state != CONN_OPEN);
	if (p->c.state == CONN_DONE) {
		CHECK(p, p->c.shut || p->c.reason == CLOSE_STALL);
		p->aborted |= !p->c.shut;
	}
}

static void peer_sends(struct play *p, size_t n)
{
	/* Under a small cap each byte costs a turn: enough is enough. */
	size_t most = p->rules.max_pending < IN_MAX / 64 ? p->rules.max_pending * 64 : IN_MAX;

	if (p->peer_ends || p->peer_sent + n > most)
		return;
	p->queued += n;
	p->peer_sent += n;
}

static void peer_takes(struct play *p, size_t n)
{
	if (p->out_length + p->kernel + n <= OUT_MAX)
		p->kernel += n;
}

static void stop_at_once(struct play *p, uint8_t verb)
{
	p->aborted |= p->c.state != CONN_DONE && !p->c.shut;
	if (verb == 'X')
		conn_fail(&p->c, ECONNRESET);
	else
		conn_abort(&p->c, CLOSE_DRAIN);
}

static void pass_time(struct play *p, uint8_t verb, size_t n)
{
	int64_t deadline = conn_deadline_ms(&p->c);

	if (verb == 'w')
		p->now_ms += (int64_t)n * 10;
	else if (deadline < INT64_MAX && deadline > p->now_ms)
		p->now_ms = deadline;
	expire(p);
}

static void step(struct play *p, uint8_t verb, size_t n)
{
	switch (verb) {
	case 'r':
		peer_sends(p, n);
		break;
	case 's':
		peer_takes(p, n);
		break;
	case 'E':
		p->peer_ends = true;
		break;
	case 'X':
	case 'a':
		stop_at_once(p, verb);
		break;
	case 'p':
		conn_pause(&p->c, n % 2);
		break;
	case 'e':
		p->cut |= buf_length(&p->c.input) > 0;
		conn_end(&p->c, CLOSE_CONTROL, p->now_ms);
		break;
	case 'w':
	case 'd':
		pass_time(p, verb, n);
		break;
	default:
		break;
	}
	turn(p, 1 + (int)(n % 2));
	for (size_t i = 0; verb == 't' && i < n % 16; i++)
		turn(p, 1);
}

/* Verbs as the script has them; any other byte is one of the common ones. */
static uint8_t verb_of(uint8_t byte)
{
	return strchr("rsEXpeawdt", byte) && byte ? byte : (uint8_t) "rsrsrsrt"[byte % 8];
}

static void begin(struct play *p, const uint8_t script[static 4])
{
	static const struct service *const services[] = {
		&service_echo,	&service_double, &service_units, &service_line,
		&service_picky, &service_stream, &service_greet, &service_echo,
	};
	struct peer peer = { .family = PEER_NONE };
	uint8_t timers = script[3];

	p->now_ms = 1000;
	p->rules.service = services[script[0] % ARRAY_LENGTH(services)];
	p->rules.max_pending = 1 + number(script[1]);
	if (p->rules.service != &service_echo)
		p->rules.max_pending += 3;
	p->loan.memory = p->memory;
	p->loan.size = 1 + number(script[2]) % LOAN_MAX;
	p->rules.idle_ms = timers & 1 ? 3000 : 0;
	p->rules.first_byte_ms = timers & 2 ? 2000 : 0;
	p->rules.lifetime_ms = timers & 4 ? 10000 : 0;
	p->rules.stall_ms = timers & 8 ? 4000 : 0;
	CHECK(p, conn_init(&p->c, 7, -1, &p->rules, &peer, &context, p->now_ms) == 0);
}

/* The peer ends its side and takes all: nothing may be missing. */
static void finish(struct play *p)
{
	conn_pause(&p->c, false);
	p->loan.size = LOAN_MAX;
	p->peer_ends = true;
	while (p->c.state != CONN_DONE) {
		p->kernel = 1 + p->turns % 500;
		turn(p, 1);
	}
	if (p->aborted)
		return;
	CHECK(p, p->out_length >= p->owed);
	CHECK(p, p->c.reason != CLOSE_STALL && p->c.reason != CLOSE_RESET);
	if (p->c.reason != CLOSE_PEER || p->rules.service == &service_stream || p->cut)
		return;
	CHECK(p, p->in_length == p->peer_sent);
	CHECK(p, p->out_length == expect_length(p->rules.service, p->in_length));
}

size_t conn_play(const uint8_t *script, size_t length)
{
	static const uint8_t plain[4] = "0z90";
	struct play *p = calloc(1, sizeof(*p));
	size_t turns;

	if (!p)
		abort();
	p->script = script;
	p->length = length;
	begin(p, length >= 4 ? script : plain);
	for (size_t i = 4; i + 1 < length; i += 2)
		step(p, verb_of(script[i]), number(script[i + 1]));
	finish(p);
	conn_fini(&p->c);
	turns = p->turns;
	free(p);
	return turns;
}
