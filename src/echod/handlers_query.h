/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_query: which connections a client means, and in what order. The master reads a query to
 * refuse what is wrong with it; each worker reads it again and holds its connections against it.
 */
#ifndef ECHOD_HANDLERS_QUERY_H
#define ECHOD_HANDLERS_QUERY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/conn.h"
#include "echod/guard.h"

enum {
	QUERY_PAGE_MAX = 256 /* rows in one answer */
};

/* Everything that is set must hold. Zeroed, all connections are meant. */
struct query_filter {
	bool has_source, has_state;
	struct guard_network source; /* of the client, also behind a proxy */
	const char *listener;	     /* NULL = any; texts are borrowed from the JSON */
	const char *service;
	unsigned transports; /* enum service_transport; 0 = any */
	enum conn_state state;
	int64_t min_idle_ms, min_age_ms, min_bytes; /* received and sent together */
};

enum query_order {
	QUERY_UNORDERED,
	QUERY_BY_ID,
	QUERY_BY_AGE,
	QUERY_BY_IDLE,
	QUERY_BY_RECEIVED,
	QUERY_BY_SENT,
	QUERY_BY_BYTES,
	QUERY_BY_PENDING
};

/* Where a connection stands in an order: by value, then by id; what comes first is smaller. */
struct query_key {
	int64_t value, id;
};

/* NULL, or what of it is wrong, such as "filter.source". filter may be NULL or null. */
const char *query_read_filter(const json_t *filter, struct query_filter *ret_filter);
/* The order with this name; NULL is QUERY_UNORDERED. False when there is none. */
bool query_read_order(const char *name, enum query_order *ret_order);
/* May a connection's place in it change? */
bool query_order_moves(enum query_order order);

bool query_matches(const struct query_filter *filter, const struct conn *c, int64_t now_ms);
/* The largest come first, but the smallest id; reverse turns that round. */
struct query_key query_key_of(enum query_order order, bool reverse, const struct conn *c);
int query_compare(const struct query_key *a, const struct query_key *b);

#endif
