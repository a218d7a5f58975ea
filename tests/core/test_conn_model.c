/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Random scripts for conn_play. The seed is printed; $ECHOD_TEST_SEED replays it, and with
 * $ECHOD_TEST_SECONDS the test goes on for that long instead of its fixed number of rounds.
 */
#include "tests/cmocka_all.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "echod/clock.h"
#include "tests/core/conn_play.h"

enum {
	ROUNDS = 3000,
	SCRIPT_MAX = 400
};

static uint64_t random_state;

/* xorshift64*: small, and the same everywhere. */
static uint32_t random_number(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(2685821657736338717)) >> 32);
}

static uint64_t environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static uint8_t random_of(const char *bytes, size_t n)
{
	return (uint8_t)bytes[random_number() % n];
}

/* Reads and writes in the main; ends and failures seldom, or no script would get far. */
static size_t random_script(uint8_t script[static SCRIPT_MAX])
{
	size_t length = 4 + random_number() % (SCRIPT_MAX - 4);
	bool rare = random_number() % 2;

	for (size_t i = 0; i < 4; i++)
		script[i] = (uint8_t)random_number();
	if (random_number() % 2)
		script[1] = random_of("0123456789", 10);
	for (size_t i = 4; i < length; i++) {
		bool number = i % 2;

		if (number)
			script[i] = random_number() % 2 ? random_of("0123456789azcf", 14)
							: (uint8_t)random_number();
		else if (rare && random_number() % 40 == 0)
			script[i] = random_of("EXea", 4);
		else
			script[i] = random_of("rsrsrsrsrsrtspwd", 16);
	}
	return length;
}

static void test_conn_when_played_at_random_then_every_promise_holds(void **state)
{
	uint64_t seed = environment("ECHOD_TEST_SEED", (uint64_t)clock_real_ns());
	uint64_t seconds = environment("ECHOD_TEST_SECONDS", 0), rounds = 0, turns = 0;
	int64_t until = clock_now_ms() + (int64_t)seconds * 1000;
	uint8_t script[SCRIPT_MAX];

	(void)state;
	fprintf(stderr, "ECHOD_TEST_SEED=%" PRIu64 "\n", seed);
	random_state = seed ? seed : 1;
	while (seconds > 0 ? clock_now_ms() < until : rounds < ROUNDS) {
		turns += conn_play(script, random_script(script));
		rounds++;
	}
	fprintf(stderr, "%" PRIu64 " connections, %" PRIu64 " turns\n", rounds, turns);
	assert_true(turns > rounds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_when_played_at_random_then_every_promise_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
