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
	default:
		return connected ? FAILURE_RESET : FAILURE_UNREACHABLE;
	}
}

void connection_init(struct connection *c)
{
	*c = (struct connection){ .fd = -1 };
}

/* With nothing to send, nothing is missing. */
void connection_established(struct connection *c, const struct pattern *p)
{
	c->established = true;
	c->state = p->length == 0 ? CONNECTION_HELD : CONNECTION_TALKING;
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

bool connection_received(struct connection *c, const struct pattern *p, const uint8_t *data,
			 size_t n, struct problem *ret_problem)
{
	size_t right = pattern_verify(p, c->verified, data, n);

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

bool connection_eof(const struct connection *c, const struct pattern *p,
		    struct problem *ret_problem)
{
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
		.offset = c->verified,
		.n_expected = p->length - c->verified,
	};
}

unsigned connection_wants(const struct connection *c, const struct pattern *p)
{
	switch (c->state) {
	case CONNECTION_CONNECTING:
		return EVENT_WRITE;
	case CONNECTION_TALKING:
		return c->sent < p->length ? EVENT_READ | EVENT_WRITE : EVENT_READ;
	case CONNECTION_HELD:
	case CONNECTION_ENDING:
		return EVENT_READ;
	default:
		return 0;
	}
}
