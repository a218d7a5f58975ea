/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Random scripts for conn_play. The seed is printed; $ECHOD_TEST_SEED replays it, and with
 * $ECHOD_TEST_SECONDS the test goes on for that long instead of its fixed number of rounds.
 */
#include "tests/cmocka_all.h"

#include <stdbool.h>
#include <string.h>

#include "tests/core/conn_play.h"
#include "tests/random.h"

enum {
	ROUNDS = 10000,
	SCRIPT_MAX = 400
};

static uint8_t random_of(struct random_source *random, const char *bytes)
{
	return (uint8_t)bytes[random_below(random, (unsigned)strlen(bytes))];
}

/* Reads and writes in the main; ends and failures seldom, or no script would get far. */
static size_t random_script(struct random_source *random, uint8_t script[static SCRIPT_MAX])
{
	size_t length = 4 + random_below(random, SCRIPT_MAX - 4);
	bool rough = random_below(random, 2);

	for (size_t i = 0; i < length; i++)
		script[i] = (uint8_t)random_bits(random);
	if (random_below(random, 2))
		script[1] = random_of(random, "0123456789");
	for (size_t i = 4; i < length; i += 2)
		if (rough && random_below(random, 40) == 0)
			script[i] = random_of(random, "EXea");
		else
			script[i] = random_of(random, "rsrsrsrsrsrtspwd");
	for (size_t i = 5; i < length; i += 2)
		if (random_below(random, 2))
			script[i] = random_of(random, "0123456789acfz");
	return length;
}

static void test_conn_when_played_at_random_then_every_promise_holds(void **state)
{
	struct random_source random = random_start("test_conn_model");
	int64_t seconds = random_seconds(), until = clock_now_ms() + seconds * 1000;
	uint8_t script[SCRIPT_MAX];
	size_t rounds = 0, turns = 0;

	(void)state;
	while (seconds > 0 ? clock_now_ms() < until : rounds < ROUNDS) {
		turns += conn_play(script, random_script(&random, script));
		rounds++;
	}
	fprintf(stderr, "%zu connections, %zu turns\n", rounds, turns);
	assert_true(turns > rounds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_when_played_at_random_then_every_promise_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
