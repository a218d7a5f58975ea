/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * exchange: the datagrams of one connection and their answers, on bytes alone. Every message is one
 * datagram, and an answer belongs to the first message with the same bytes that still wants one. So
 * loss, duplicates, reordering and lateness are told apart, and a byte that belongs to no message is
 * found. Another service than echo does not say what it answers: a right answer belongs to the first
 * message that still wants one, and nothing is reordered. One that answers nothing leaves nothing
 * open: its messages are passed as they are sent.
 */
#ifndef MULTICONN_EXCHANGE_H
#define MULTICONN_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "multiconn/connection.h"
#include "multiconn/pattern.h"

struct exchange {
	uint8_t *messages; /* what became of each; borrowed, zeroed at the start */
	size_t sent;	   /* messages */
	size_t passed;	   /* one more than the highest that was answered or given up */
	size_t let_go;	   /* none below it is waited for before more are sent */
	size_t answered, late, duplicates, reordered;
	size_t first_open;	/* no message below it wants an answer */
	size_t first_late;	/* of those that came */
	size_t first_duplicate; /* which message came more than once first */
	bool blocked;		/* the kernel has no room for the next one now */
	bool accounted;		/* what has no answer is in a sum of the run, too */
};

enum arrival {
	ARRIVAL_ANSWER,
	ARRIVAL_DUPLICATE,
	ARRIVAL_WRONG
};

/* The next message to send, in *ret_data: false when all are sent. */
bool exchange_next(const struct exchange *e, const struct pattern *p, const uint8_t **ret_data,
		   size_t *ret_length);
void exchange_sent(struct exchange *e, const struct pattern *p);
/* Sent, not let go, and nothing sent later has been answered: what may still be on its way. */
size_t exchange_in_flight(const struct exchange *e);
/* Nothing that is sent counts as on its way any longer; its answers are in time all the same. */
void exchange_let_go(struct exchange *e);
/* How many that were sent have no answer so far, and their bytes. */
size_t exchange_unanswered(const struct exchange *e, const struct pattern *p, uint64_t *ret_bytes);

/* Takes one datagram. When it is wrong, *ret_problem compares it with what is awaited. */
enum arrival exchange_received(struct exchange *e, const struct pattern *p, const uint8_t *data,
			       size_t n, struct problem *ret_problem);
/* What is sent and not answered has had its time: an answer is late from now on. */
void exchange_give_up(struct exchange *e);

/* Every message was answered, in time or late, or is sent, where there is no answer. */
bool exchange_is_complete(const struct exchange *e, const struct pattern *p);
/* At the end: true when each message had exactly one answer, in time, or none was to be. */
bool exchange_verdict(const struct exchange *e, const struct pattern *p,
		      struct problem *ret_problem);
/* The problem of an errno value, as things stand. */
struct problem exchange_error(const struct exchange *e, const struct pattern *p, int error);

#endif
