/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * refusals: which sources were refused most, in a table of fixed size in shared memory; of connections
 * or of datagrams, whose reasons are other words. One worker writes it, anybody reads it. It counts as
 * "space-saving" does (Metwally, Agrawal, El Abbadi: "Efficient computation of frequent and top-k
 * elements in data streams"): a source that is not in a full table takes the place of the smallest and
 * its count, which is kept as overcount. So a source with more than 1/REFUSALS_ROWS of all refusals is
 * always in it.
 *
 * A row's version is odd while it is written; one that a dead worker left so is nobody's, and its
 * successor empties it.
 */
#ifndef ECHOD_REFUSALS_H
#define ECHOD_REFUSALS_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "echod/guard.h"
#include "echod/reason.h"

enum {
	REFUSALS_ROWS = 64,
	REFUSALS_REASONS = 11 /* of either kind, the more */
};
static_assert((int)REFUSALS_REASONS >= (int)REJECT_REASONS &&
		  (int)REFUSALS_REASONS >= (int)DROP_REASONS,
	      "room for every reason");

struct refusals_row {
	_Atomic uint64_t version;
	_Atomic uint64_t address[2];
	_Atomic uint64_t network; /* bits << 8 | family */
	_Atomic int64_t count;	  /* 0 = free */
	_Atomic int64_t overcount;
	_Atomic int64_t reasons[REFUSALS_REASONS]; /* since the source is here */
};

/* Zeroed it is empty. */
struct refusals {
	struct refusals_row rows[REFUSALS_ROWS];
};

/* A row as it was at one moment. count is overcount and the sum of reasons. */
struct refused {
	struct guard_network source;
	int64_t count, overcount;
	int64_t reasons[REFUSALS_REASONS];
};

/* One more of this source; by the writer. reason is an enum reject_reason or drop_reason. */
void refusals_count(struct refusals *table, const struct guard_network *source, unsigned reason);
/* False when the row is free. */
bool refusals_read(const struct refusals_row *row, struct refused *ret_refused);
/* Orders by source: what an address is in. As qsort() wants it, of struct refused. */
int refused_compare_source(const void *a, const void *b);

#endif
