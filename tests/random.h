/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * random.h: numbers for property tests. The seed is new in each run and printed; ECHOD_TEST_SEED=SEED
 * in the environment replays one.
 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "echod/clock.h"

struct random_source {
	uint64_t state;
};

/* The next number, all 64 bits of it (xorshift64*, Vigna). */
static inline uint64_t random_bits(struct random_source *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 to n - 1. */
static inline unsigned random_below(struct random_source *r, unsigned n)
{
	return (unsigned)((random_bits(r) >> 32) % n);
}

static inline struct random_source random_start(const char *test)
{
	const char *given = getenv("ECHOD_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)clock_real_ns();

	seed = seed ? seed : 1;
	fprintf(stderr, "%s: ECHOD_TEST_SEED=%" PRIu64 "\n", test, seed);
	return (struct random_source){ seed };
}

/* $ECHOD_TEST_SECONDS: how long to go on instead of a fixed number of rounds; 0 = not. */
static inline int64_t random_seconds(void)
{
	const char *text = getenv("ECHOD_TEST_SECONDS");

	return text ? strtoll(text, NULL, 10) : 0;
}

#endif
