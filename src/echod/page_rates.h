/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * page_rates: what the rates of the status page are averages over. Nobody counts while nobody looks:
 * the time between two views is the interval, at least a second, and before the first the time since
 * the start. Pure.
 */
#ifndef ECHOD_PAGE_RATES_H
#define ECHOD_PAGE_RATES_H

#include <stdint.h>

enum {
	PAGE_RATES_MIN_MS = 1000 /* views closer together share an interval's beginning */
};

/* The counters at a moment. */
struct page_cut {
	int64_t ms;
	int64_t accepted, refused;
	int64_t received_bytes, sent_bytes;
	int64_t datagrams_received, datagrams_sent;
};

struct page_rates {
	int64_t start_ms;
	struct page_cut before, last;
};

/* At the daemon's start, when all counters are 0. */
void page_rates_init(struct page_rates *rates, int64_t start_ms);
/* The page is looked at now: returns what the counters were when the interval began. */
struct page_cut page_rates_view(struct page_rates *rates, const struct page_cut *now);

#endif
