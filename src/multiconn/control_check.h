/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * control_check: does the daemon, asked on its control socket before and after a run, count what we
 * count? Other clients may be at work at the same time, so more than ours is no fault.
 */
#ifndef MULTICONN_CONTROL_CHECK_H
#define MULTICONN_CONTROL_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "multiconn/report.h"

struct control_counts_seen {
	int64_t accepted; /* connections */
	int64_t received_bytes;
	int64_t sent_bytes;
	int64_t datagrams_received, datagrams_sent; /* with udp */
};

struct control_check {
	const char *path; /* borrowed; "auto" = where echoctl looks for it, too */
	char *found;	  /* the path where it was; owned */
	int64_t timeout_ms;
	bool udp; /* datagrams count, connections do not */
	struct control_counts_seen before;
};

/* Asks before the run. -errno when there is no answer, having said why on err. */
int control_check_begin(struct control_check *check, FILE *err);
void control_check_fini(struct control_check *check);
/* Asks after the run until the counts agree, for at most 1 s. The verdict goes into the tally, and a
 * difference is said on err; -errno as above. */
int control_check_end(const struct control_check *check, struct tally *tally, FILE *err);

/* What the difference of two answers is against our own counts. */
enum verdict control_check_compare(const struct control_counts_seen *before,
				   const struct control_counts_seen *after,
				   const struct tally *tally);

#endif
