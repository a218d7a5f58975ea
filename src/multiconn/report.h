/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * report: what a run came to, in numbers, in words and as the exit code.
 */
#ifndef MULTICONN_REPORT_H
#define MULTICONN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "multiconn/connection.h"

/* What the server's own counts say about ours, the worse the later. */
enum verdict {
	VERDICT_NONE, /* not asked, or no answer */
	VERDICT_AGREES,
	VERDICT_UNREAD, /* it agrees, and has sent more than we read of what has no end */
	VERDICT_MORE,
	VERDICT_LESS
};

enum {
	EXIT_VERIFIED = 0,
	EXIT_RUN_TIME = 1,
	EXIT_USAGE = 2,
	EXIT_FEWER = 3,
	EXIT_WRONG = 4,
	EXIT_INTERRUPTED = 130
};

/* With --udp. What was sent is answered, late, lost, refused or unfinished, each in one way. */
struct datagram_tally {
	bool used;
	bool silent; /* none is to be answered, and the following are 0 but for what came */
	uint64_t sent, received; /* whatever came */
	uint64_t answered;	 /* in time, once */
	uint64_t lost, late, duplicated, reordered;
	uint64_t refused, refused_bytes; /* ICMP has told that nobody gets them */
	uint64_t
	    unfinished; /* without an answer when their connection failed otherwise, or the run */
};

/* With --service time: how far the server's clock is ahead of ours. */
struct clock_tally {
	size_t n;
	int64_t least_s, most_s;
};

struct tally {
	size_t asked;	    /* connections */
	size_t established; /* were connected */
	size_t verified;    /* every byte came back right, and no more */
	size_t failed;
	size_t failures[FAILURES]; /* failed, by kind */
	uint64_t sent_bytes;
	uint64_t received_bytes; /* right or wrong */
	uint64_t verified_bytes;
	int64_t duration_ns; /* from the first connect to the last verified byte, or to the end */
	bool lost;	     /* a failure after connecting */
	bool missed;	     /* a connection that never was */
	bool interrupted;
	bool run_time_error;
	bool endless; /* what the server sends has no end but ours */
	enum verdict server;
	uint64_t unread_bytes; /* with VERDICT_UNREAD: how much more it has sent */
	struct datagram_tally datagrams;
	struct clock_tally clocks;
};

/* Counts the failure of connection id (from 1) and says it, unless ten of its kind were said. */
void report_problem(FILE *err, struct tally *tally, size_t id, const struct problem *problem);
/* Counts n connections that were never tried, for a reason that the caller has said. */
void report_untried(struct tally *tally, enum failure failure, size_t n);
/* Says how many of each kind report_problem() has not said. */
void report_folded(FILE *err, const struct tally *tally);

/* The last line of the output. */
void report_summary(FILE *out, const struct tally *tally);

/* 130, 4, 3, 1 or 0, the first that holds. */
int report_exit_code(const struct tally *tally);

#endif
