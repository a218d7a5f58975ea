/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Random plays of a worker's pump against a model. A breach prints the seed of its play:
 * $ECHOD_TEST_SEED begins with that one. With $ECHOD_TEST_SECONDS the test goes on for that long
 * instead of its fixed number of plays.
 */
#include "tests/cmocka_all.h"

#include "echod/log.h"
#include "tests/echod/stream_play.h"
#include "tests/fake/fake_syscalls.h"
#include "tests/random.h"

enum {
	PLAYS = 1000
};

static void test_pump_when_played_at_random_then_every_promise_holds(void **state)
{
	struct random_source random = random_start("test_stream_model");
	const int64_t seconds = random_seconds(), until = clock_now_ms() + seconds * 1000;
	uint64_t seed = random.state;
	size_t plays = 0, connections = 0;

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	while (seconds > 0 ? clock_now_ms() < until : plays < PLAYS) {
		fake_reset();
		connections += stream_play(seed);
		seed = random_bits(&random);
		plays++;
	}
	fprintf(stderr, "%zu plays, %zu connections\n", plays, connections);
	assert_true(connections > plays);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pump_when_played_at_random_then_every_promise_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
