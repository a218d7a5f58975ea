/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * connection.c: what a connection makes of what happens to it. verified never passes sent, because a
 * byte that was not sent yet is no echo.
 */
#include "multiconn/connection.h"

#include <errno.h>

#include "echod/attr.h"
#include "echod/selector.h"
#include "multiconn/expect.h"

static const char *const words[] = {
	[FAILURE_NONE] = "none",
	[FAILURE_REFUSED] = "refused",
	[FAILURE_TIMEOUT] = "timeout",
	[FAILURE_RESET] = "reset",
	[FAILURE_UNREACHABLE] = "unreachable",
	[FAILURE_EOF] = "eof",
	[FAILURE_SHORTFALL] = "shortfall",
	[FAILURE_MISMATCH] = "mismatch",
	[FAILURE_DNS] = "dns",
	[FAILURE_LOCAL_LIMIT] = "local-limit",
};
_Static_assert(ARRAY_LENGTH(words) == FAILURES, "a word for every failure");

const char *failure_word(enum failure failure)
{
	return words[failure];
}

enum failure failure_of_error(int error, bool connected)
{
	switch (error) {
	case ECONNREFUSED:
	case ENOENT: /* a Unix socket that is not there */
	case EACCES:
	case EPERM:
		return FAILURE_REFUSED;
	case ETIMEDOUT:
		return FAILURE_TIMEOUT;
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return FAILURE_RESET;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case ERANGE:
	case EMSGSIZE:	    /* longer than a datagram can be */
	case EAGAIN:	    /* no local port is left */
	case EADDRNOTAVAIL: /* the same, or --bind names what is not ours */
	case EADDRINUSE:
		return FAILURE_LOCAL_LIMIT;
	case ENETUNREACH: /* also later: a route may go away */
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return FAILURE_UNREACHABLE;
	default:
		return connected ? FAILURE_RESET : FAILURE_UNREACHABLE;
	}
}

void connection_init(struct connection *c)
{
	*c = (struct connection){ .fd = -1 };
}

void connection_fini(struct connection *c)
{
	buf_fini(&c->answer);
}

/* Another service's answer is judged by its own rules, not by what was sent. */
static const struct expect_service *service_of(const struct pattern *p)
{
	return p->expect ? p->expect->service : NULL;
}

/* What a connection lacks that has ended too early; NULL = the bytes of an echo. */
static const char *missing_of(const struct pattern *p)
{
	if (expect_is_silent(p->expect))
		return "the end after ours";
	return service_of(p) ? "the rest of the answer" : NULL;
}

bool connection_is_endless(const struct pattern *p)
{
	return service_of(p) && service_of(p)->follow && !service_of(p)->is_silent;
}

void connection_established(struct connection *c, const struct pattern *p, bool owes_header)
{
	c->established = true;
	c->owes_header = owes_header;
	c->state = CONNECTION_TALKING;
	connection_sent(c, p);
}

void connection_header_done(struct connection *c, size_t n, size_t length)
{
	c->header_sent += (uint8_t)n;
	c->owes_header = c->header_sent < length;
}

size_t connection_send_data(const struct connection *c, const struct pattern *p,
			    const uint8_t **ret_data)
{
	if (c->sent == p->length)
		return 0;
	*ret_data = p->bytes + c->sent;
	return pattern_message_end(p, c->sent) - c->sent;
}

bool connection_at_message(const struct connection *c, const struct pattern *p)
{
	return c->sent == 0 || pattern_message_end(p, c->sent - 1) == c->sent;
}

void connection_send_done(struct connection *c, size_t n)
{
	c->sent += n;
}

/* Of an echo that is when there was nothing to send. */
void connection_sent(struct connection *c, const struct pattern *p)
{
	const bool is_silent = service_of(p) ? service_of(p)->is_silent : p->length == 0;

	if (c->state == CONNECTION_TALKING && !c->owes_header && is_silent && c->sent == p->length)
		c->state = CONNECTION_HELD;
}

/* An answer that is judged as a whole: what came is kept, and all of it judged. */
static enum expect_verdict judge(struct connection *c, const struct pattern *p, const uint8_t *data,
				 size_t n, struct expect_finding *finding)
{
	if (buf_append(&c->answer, data, n) < 0) {
		*finding = (struct expect_finding){ .wanted = "an answer that fits into memory" };
		return EXPECT_WRONG;
	}
	return p->expect->service->judge(p->expect, buf_data(&c->answer), buf_length(&c->answer),
					 finding);
}

/* Once the answer was whole, what follows is judged with it, and so is surplus. */
static bool answer_received(struct connection *c, const struct pattern *p, const uint8_t *data,
			    size_t n, struct problem *ret_problem)
{
	const bool whole = p->expect->service->judge;
	struct expect_finding finding;
	enum expect_verdict verdict =
	    whole ? judge(c, p, data, n, &finding)
		  : p->expect->service->follow(c->verified, data, n, &finding);
	const size_t start = whole ? 0 : c->verified;

	if (verdict == EXPECT_WRONG) {
		if (!whole)
			c->verified += finding.right;
		*ret_problem = (struct problem){
			.failure = FAILURE_MISMATCH,
			.established = true,
			.offset = start + finding.right,
			.wanted = finding.wanted,
			.received = (whole ? buf_data(&c->answer) : data) + finding.right,
			.n_received = (whole ? buf_length(&c->answer) : n) - finding.right,
		};
		return false;
	}
	if (!whole)
		c->verified += n;
	else if (verdict == EXPECT_DONE)
		c->verified = buf_length(&c->answer);
	if (c->state == CONNECTION_TALKING && verdict == EXPECT_DONE)
		c->state = CONNECTION_HELD;
	return true;
}

bool connection_received(struct connection *c, const struct pattern *p, const uint8_t *data,
			 size_t n, struct problem *ret_problem)
{
	size_t right;

	if (service_of(p))
		return answer_received(c, p, data, n, ret_problem);
	right = pattern_verify(p, c->verified, data, n);
	/* Not sent yet: right by accident. */
	if (right > c->sent - c->verified)
		right = c->sent - c->verified;
	c->verified += right;
	if (right < n) {
		*ret_problem = (struct problem){
			.failure = FAILURE_MISMATCH,
			.established = true,
			.offset = c->verified,
			.expected = p->bytes + c->verified,
			.n_expected = c->sent - c->verified,
			.received = data + right,
			.n_received = n - right,
		};
		return false;
	}
	if (c->state == CONNECTION_TALKING && c->verified == p->length)
		c->state = CONNECTION_HELD;
	return true;
}

bool connection_owes_end(const struct connection *c, const struct pattern *p)
{
	return c->state == CONNECTION_TALKING || expect_is_silent(p->expect);
}

/* The peer has ended before its answer was whole, or, of a service that has none, before us. */
static bool answer_eof(const struct connection *c, const struct pattern *p,
		       struct problem *ret_problem)
{
	const size_t n = c->verified + buf_length(&c->answer);

	if (c->state == CONNECTION_ENDING || !connection_owes_end(c, p))
		return true;
	*ret_problem = (struct problem){
		.failure = n == 0 ? FAILURE_EOF : FAILURE_SHORTFALL,
		.established = true,
		.offset = n,
		.wanted = missing_of(p),
	};
	return false;
}

bool connection_eof(const struct connection *c, const struct pattern *p,
		    struct problem *ret_problem)
{
	if (service_of(p))
		return answer_eof(c, p, ret_problem);
	if (c->verified == p->length)
		return true;
	*ret_problem = (struct problem){
		.failure = c->verified == 0 ? FAILURE_EOF : FAILURE_SHORTFALL,
		.established = true,
		.offset = c->verified,
		.n_expected = p->length - c->verified,
	};
	return false;
}

struct problem connection_error(const struct connection *c, const struct pattern *p, int error)
{
	return (struct problem){
		.failure = failure_of_error(error, c->established),
		.error = error,
		.established = c->established,
		.offset = c->verified + buf_length(&c->answer),
		.n_expected = service_of(p) ? 0 : p->length - c->verified,
		.wanted = missing_of(p),
	};
}

unsigned connection_wants(const struct connection *c, const struct pattern *p)
{
	switch (c->state) {
	case CONNECTION_CONNECTING:
		return EVENT_WRITE;
	case CONNECTION_TALKING:
		return c->owes_header || c->sent < p->length ? EVENT_READ | EVENT_WRITE
							     : EVENT_READ;
	case CONNECTION_HELD:
		return connection_is_endless(p) ? 0 : EVENT_READ;
	case CONNECTION_ENDING:
		return EVENT_READ;
	default:
		return 0;
	}
}
