/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * sea: a network for runs that is the test itself, in a time that is the test's too. A UDP socket is
 * one end of a pair; whatever is sent on it has the fate that the test says, and time passes only
 * where the run waits, so that every number is exact. Of TCP there are only connects, and connections
 * with nothing to send. Of the calls that can be made to fail (fake_syscalls.h) only the run's are.
 * Include tests/cmocka_all.h first; link with $(SEA_WRAP).
 */
#ifndef TESTS_MULTICONN_SEA_H
#define TESTS_MULTICONN_SEA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "multiconn/run.h"

enum {
	SEA_MESSAGES = 5,     /* of each connection */
	SEA_CONNECTIONS = 400 /* at most: each has two descriptors */
};

#define SEA_NEVER INT64_MAX

/* What goes back, when and to whom. */
struct sea_answer {
	int64_t due_ms;
	int end;
	size_t n;
	char text[16];
};

struct sea {
	int64_t start_ms, now_ms;
	int ends[SEA_CONNECTIONS * 2];
	size_t n_ends;
	size_t taken;	  /* datagrams that have been sent */
	size_t delivered; /* answers */
	struct sea_answer answers[SEA_CONNECTIONS * SEA_MESSAGES * 2];
	size_t n_answers;
	/* What becomes of the nth datagram, from 0; the answer is its echo, for sea_answer_after(). */
	void (*fate)(size_t nth, struct sea_answer answer);
	void (*watch)(void); /* is told when the run waits; may be NULL */
	/* With TCP: does the nth connect, from 0, come to a connection, or to nothing ever? */
	bool (*connects)(size_t nth);
	size_t n_connects;
	int64_t interrupt_ms; /* when it is interrupted */
	int interrupt_fds[2];
};

extern struct sea sea;

/* A calm one, before each run. */
void sea_begin(void (*fate)(size_t nth, struct sea_answer answer));
/* The same, for TCP. */
void sea_begin_streams(bool (*connects)(size_t nth));
void sea_answer_after(struct sea_answer answer, int64_t ms);
/* Of that service, or NULL for echo, with two addresses that are alike; what run_connections() says. */
int sea_run(size_t n_connections, int64_t timeout_ms, const char *service, struct tally *ret_tally);
int64_t sea_elapsed_ms(void);

#endif
