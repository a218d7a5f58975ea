/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * deadline: idle lists. Timers whose durations come from a short list of distinct values are kept in
 * one queue per duration: starting one appends it, so every queue is in the order of expiry, and
 * starting, restarting, stopping and finding the earliest cost O(1) (in the number of timers; linear
 * in the number of distinct durations).
 *
 * The clock handed in must never go back.
 */
#ifndef ECHOD_DEADLINE_H
#define ECHOD_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadlines;

/* A duration from here up keeps its timers in order and never runs out. */
#define DEADLINE_NEVER_MS (INT64_MAX / 4)

/* One timer, inside the caller's struct; zeroed = not started. The caller stops it before its memory
 * goes. */
struct deadline {
	struct deadline *prev, *next;
};

/* since(timer) tells when a timer was last started or renewed, in the clock's ms: the queues store
 * no time of their own. *ret_deadlines is the caller's. -ENOMEM. */
int deadlines_new(int64_t (*since)(const struct deadline *timer), struct deadlines **ret_deadlines);
/* Frees the queues; no timer may be running. NULL is fine. Returns NULL. */
struct deadlines *deadlines_free(struct deadlines *d);

/* Starts the timer, or moves it to the end of that duration's queue; duration_ms > 0. Its since()
 * must be no earlier than that of the timers already there (a renewal by now never is); an earlier
 * one is put in its place by walking from the end. 0, or -ENOMEM with the timer as it was (never for
 * a duration in use). */
int deadline_start(struct deadlines *d, struct deadline *timer, int64_t duration_ms);
/* Off its queue; nothing when it was not started. */
void deadline_stop(struct deadline *timer);
bool deadline_is_started(const struct deadline *timer);

/* When the earliest timer runs out; INT64_MAX when none is running. */
int64_t deadlines_next_ms(const struct deadlines *d);
/* Takes one expired timer off its queue, earliest first; NULL when none has expired by now_ms. */
struct deadline *deadlines_expire(struct deadlines *d, int64_t now_ms);
/* The timer at the front of that duration's queue (running longest), or NULL. */
struct deadline *deadlines_oldest(const struct deadlines *d, int64_t duration_ms);

/* When a timer started at since_ms runs out; INT64_MAX = never. */
static inline int64_t deadline_at_ms(int64_t since_ms, int64_t duration_ms)
{
	int64_t at;

	if (duration_ms >= DEADLINE_NEVER_MS || __builtin_add_overflow(since_ms, duration_ms, &at))
		return INT64_MAX;
	return at;
}

/* The first of these moments; INT64_MAX = none. */
static inline int64_t deadline_earliest_ms(const int64_t *moments, size_t n)
{
	int64_t ms = INT64_MAX;

	for (size_t i = 0; i < n; i++)
		if (moments[i] < ms)
			ms = moments[i];
	return ms;
}

#endif
