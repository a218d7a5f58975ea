/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run_patience.c: how long those that are on their way, datagrams or connects, hold back the next
 * ones. Nothing at all that comes for a while means that waiting is in vain, and for the next ones
 * too until something comes; a way that swallows everything would otherwise cost a timeout for each
 * window.
 */
#include "multiconn/run_state.h"

enum {
	PATIENCE_PART = 10, /* of the timeout: nothing has come for so long, */
	PATIENCE_TRIPS = 2, /* but not before so many of the longest round trip; */
	PACE_MS = 10	    /* the next ones after this */
};

static int64_t greatest_ms(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t patience_ms(const struct run *run)
{
	if (run->unheard)
		return PACE_MS;
	return greatest_ms(greatest_ms(PACE_MS, run->settings->timeout_ms / PATIENCE_PART),
			   run->longest_trip_ms * PATIENCE_TRIPS);
}

void run_patience_begin(struct run *run)
{
	run->quiet_since_ms = run->now_ms;
}

void run_patience_heard(struct run *run)
{
	run->unheard = false;
	run->quiet_since_ms = run->now_ms;
}

void run_patience_trip(struct run *run, const struct connection *c)
{
	run->longest_trip_ms = greatest_ms(run->longest_trip_ms, run->now_ms - c->since_ms);
}

int run_patience_left_ms(const struct run *run)
{
	return selector_timeout(run->quiet_since_ms + patience_ms(run), run->now_ms);
}

bool run_patience_is_over(struct run *run)
{
	if (run_patience_left_ms(run) > 0)
		return false;
	run->unheard = true;
	run->quiet_since_ms = run->now_ms;
	return true;
}
