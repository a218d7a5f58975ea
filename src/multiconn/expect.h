/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * expect: what a service other than echo must answer. One struct for all connections of a run, since
 * each of them is asked the same.
 *
 * A service's answer either has an end, and is kept and judged as a whole as it grows (daytime, time,
 * message, reflect), or has none, and is judged byte by byte (discard, chargen). As a datagram it is
 * one piece in either case.
 */
#ifndef MULTICONN_EXPECT_H
#define MULTICONN_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"

struct expect;

enum expect_verdict {
	EXPECT_MORE, /* right as far as it goes */
	EXPECT_DONE, /* right, and all of it */
	EXPECT_WRONG
};

/* What judging has found besides the verdict. */
struct expect_finding {
	size_t right;	    /* how many bytes are; the fault is behind them */
	const char *wanted; /* WRONG: what should have been there, in words */
};

struct expect_service {
	const char *name;
	const char *request; /* what each connection sends; NULL = the messages, "" = nothing */
	bool is_silent;	     /* nothing is answered: all is well once everything is sent */
	bool only_streams;   /* it has no datagrams */
	/* A datagram that asks has at least so many bytes, because an answer is never longer. */
	size_t datagram_bytes;
	/* Whole answers: all that has come of it. NULL for those without an end. */
	enum expect_verdict (*judge)(struct expect *e, const uint8_t *answer, size_t n,
				     struct expect_finding *ret_finding);
	/* Endless ones: n bytes from this offset on. */
	enum expect_verdict (*follow)(uint64_t offset, const uint8_t *data, size_t n,
				      struct expect_finding *ret_finding);
};

struct expect {
	const struct expect_service *service;
	const char *action, *value; /* of message */
	struct buf first;	    /* message: the first answer, which all others must equal */
	int64_t clock_least_s;	    /* time: how far ahead the server's clock is */
	int64_t clock_most_s;
	size_t n_clocks; /* how many have told theirs */
};

/* "echo" is none of them. NULL when there is none of this name. */
const struct expect_service *expect_service_find(const char *name);
/* All names with echo, ended by NULL. */
const char *const *expect_service_names(void);

/* Is nothing to be answered? NULL is an echo. */
bool expect_is_silent(const struct expect *e);
/* One datagram, which is the whole of an answer or none: EXPECT_DONE or EXPECT_WRONG. */
enum expect_verdict expect_judge_datagram(struct expect *e, const uint8_t *data, size_t n,
					  struct expect_finding *ret_finding);

void expect_fini(struct expect *e);

#endif
