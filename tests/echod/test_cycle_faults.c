/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The whole life of the daemon, reload included, again and again, with the 1st, 2nd, ... nth call or
 * allocation of the master, then of the worker, failing in turn. Either the start says why it failed
 * and leaves nothing, or the daemon serves: what was hit may cost the connection or the call that it
 * belongs to, and nothing else.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/control.h"
#include "echod/parse.h"
#include "echod/reason.h"
#include "tests/echod/cycle.h"
#include "tests/fake/fake_syscalls.h"

/* Two programs are made of this, which run side by side. */
#ifndef CYCLE_OF_CHILDREN
#define CYCLE_OF_CHILDREN false
#endif

/* Fewer points than before is a failure: the loop would have lost sight of something. */
enum {
	MASTER_POINTS = 1200,
	WORKER_POINTS = 750,
	CHECKER_POINTS = 45,
	RELOADS = 4000,
	RELOAD_AGAIN_US = 2000,
	COUNT_TRIES = 1000,
	COUNT_AGAIN_US = 1000,
	TALKS = 4
};

static struct cycle cycle;
static unsigned lost; /* connections of this life */
static bool scope_is_master;

static int setup(void **state)
{
	(void)state;
	cycle_init(&cycle);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_reset();
	cycle_fini(&cycle);
	return 0;
}

static bool hit_one_of(const char *const *names)
{
	const char *hit = fake_hit();

	for (size_t i = 0; hit && names[i]; i++)
		if (strcmp(hit, names[i]) == 0)
			return true;
	return false;
}

/* ---- The pieces of a life ---- */

static bool cost_it_itself(void)
{
	static const char *const costly[] = { "accept4", "malloc", "calloc",	"realloc",
					      "recv",	 "send",   "epoll_ctl", NULL };

	return hit_one_of(costly);
}

/* Not all came back, which is only right if this connection was struck itself: what was hit came
 * after its beginning, and could cost a connection. */
static void check_loss(size_t n, bool hit_before)
{
	if (n == CYCLE_BYTES)
		return;
	if (hit_before || !cost_it_itself())
		CYCLE_FAIL(&cycle, "%zu of %d bytes came back", n, CYCLE_BYTES);
	lost++;
}

/* The one that lives on over the reload may see its worker leave, too; then it has all that it was
 * owed until then. */
static void check_live_loss(size_t n)
{
	if (n == CYCLE_BYTES)
		return;
	if (!fake_hit() || (n < CYCLE_BYTES / 2 && !cost_it_itself()))
		CYCLE_FAIL(&cycle, "%zu of %d bytes came back", n, CYCLE_BYTES);
	lost++;
}

static void talk(enum cycle_listener where)
{
	const bool hit_before = fake_hit();

	check_loss(cycle_talk(&cycle, where), hit_before);
}

static bool ask_to_reload(void)
{
	json_t *reply = cycle_call(&cycle, "echod.Control.Reload", NULL);
	const bool done = reply && !json_object_get(reply, "error");

	json_decref(reply);
	return done;
}

/* With a connection that lives on over it. All or nothing: refused only for what was hit, and then
 * another one succeeds, as soon as a worker that lost its master has left and is replaced. */
static void reload(void)
{
	bool done;

	cycle_open(&cycle);
	cycle_reconfigure(&cycle);
	done = ask_to_reload();
	if (!done && !fake_hit())
		CYCLE_FAIL(&cycle, "Reload failed");
	check_live_loss(cycle_close(&cycle));
	for (int i = 0; !done && i < RELOADS; i++) {
		done = ask_to_reload();
		if (!done)
			usleep(RELOAD_AGAIN_US);
	}
	if (!done)
		CYCLE_FAIL(&cycle, "no Reload succeeds any more");
}

/* Asks again if the first try was hit. */
static json_t *call(const char *method)
{
	const bool hit_before = fake_hit();
	json_t *reply = cycle_call(&cycle, method, NULL);

	if ((!reply || json_object_get(reply, "error")) && fake_hit() && !hit_before) {
		json_decref(reply);
		reply = cycle_call(&cycle, method, NULL);
	}
	if (!reply || json_object_get(reply, "error"))
		CYCLE_FAIL(&cycle, "%s: %s", method,
			   json_string_value(json_object_get(reply, "error")));
	return reply;
}

static json_int_t number_at(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		CYCLE_FAIL(&cycle, "the status lacks %s", name);
	return json_integer_value(value);
}

/* Of an object with so many numbers, their sum. */
static json_int_t sum_of(const json_t *totals, const char *name, size_t n)
{
	json_t *object = json_object_get(totals, name), *value;
	json_int_t sum = 0;
	const char *word;

	if (json_object_size(object) != n)
		CYCLE_FAIL(&cycle, "%s has %zu members, not %zu", name, json_object_size(object),
			   n);
	json_object_foreach(object, word, value) sum += number_at(object, word);
	return sum;
}

static bool is_counted(const json_t *totals)
{
	return number_at(totals, "accepted") == TALKS &&
	       number_at(totals, "received_bytes") == TALKS * CYCLE_BYTES &&
	       number_at(totals, "sent_bytes") == TALKS * CYCLE_BYTES &&
	       number_at(totals, "pending_bytes") == 0;
}

static void check_totals(const json_t *totals)
{
	const json_int_t closed = sum_of(totals, "closed", CLOSE_REASONS);

	assert_int_equal(number_at(totals, "accepted") - closed, number_at(totals, "active"));
	assert_true(number_at(totals, "accepted") <= TALKS);
	sum_of(totals, "rejected", REJECT_REASONS);
	sum_of(totals, "accept_errors", ACCEPT_ERRORS);
	sum_of(totals, "datagrams_dropped", DROP_REASONS);
	if (lost > 0 && (scope_is_master || !cost_it_itself()) &&
	    number_at(totals, "worker_restarts") == 0)
		CYCLE_FAIL(&cycle, "a connection was lost, and no worker with it");
}

/* Whatever failed on the way: what is answered is whole. True when all has been counted. */
static bool check_status(bool quiet)
{
	json_t *reply = call("echod.Control.GetStatus");
	const json_t *status = json_object_get(reply, "parameters"), *rows, *row;
	bool counted;

	assert_string_equal(json_string_value(json_object_get(status, "state")), "running");
	rows = json_object_get(status, "workers");
	assert_int_equal(json_array_size(rows), 1);
	row = json_array_get(rows, 0);
	assert_true(json_array_size(json_object_get(row, "slots")) == 1 || !quiet);
	rows = json_object_get(status, "listeners");
	assert_int_equal(json_array_size(rows), 4);
	for (size_t i = 0; i < json_array_size(rows); i++)
		assert_non_null(json_object_get(json_array_get(rows, i), "path"));
	check_totals(json_object_get(status, "totals"));
	counted = is_counted(json_object_get(status, "totals"));
	json_decref(reply);
	return counted;
}

/* A peer may see its end before the worker has counted it: with nobody hit, that comes soon. */
static void check_books(bool quiet)
{
	bool counted = check_status(quiet);

	for (int i = 0; quiet && !counted && i < COUNT_TRIES; i++) {
		usleep(COUNT_AGAIN_US);
		counted = check_status(quiet);
	}
	if (quiet && !counted)
		CYCLE_FAIL(&cycle, "the status does not count what happened");
}

/* A life that was hit before ends at once: the orderly stop, which takes its time, is for those that
 * are hit in it. */
static bool ask_to_stop(void)
{
	json_t *parameters = json_pack("{s:b}", "now", fake_hit() != NULL);
	json_t *reply = cycle_call(&cycle, "echod.Control.Stop", parameters);
	const bool answered = reply && !json_object_get(reply, "error");

	json_decref(reply);
	return answered;
}

/* When the answer was lost the second call may find nobody any more. */
static void stop(void)
{
	const bool hit_before = fake_hit();

	if (ask_to_stop())
		return;
	if (hit_before || !fake_hit())
		CYCLE_FAIL(&cycle, "Stop was not answered");
	ask_to_stop();
}

/* A PID file that may not be removed, or of which nobody can tell whose it is, is emptied, and no
 * obstacle to the next start. */
static bool is_empty_pid_file(const char *name)
{
	static const char *const refusals[] = { "lstat", "unlink", NULL };
	struct stat st;

	return strcmp(name, "pid") == 0 && hit_one_of(refusals) && stat(cycle.pid_file, &st) == 0 &&
	       st.st_size == 0;
}

static void check_nothing_left(void)
{
	static const char *const refusal[] = { "unlink", NULL };
	const char *name = cycle_left_over(&cycle);

	if (name && !is_empty_pid_file(name) && (!name[0] || !hit_one_of(refusal)))
		CYCLE_FAIL(&cycle, "left over: %s", name[0] ? name : "several");
	unlink(cycle.control);
	unlink(cycle.path);
	unlink(cycle.added);
	unlink(cycle.pid_file);
}

static void check_end(void)
{
	if (cycle.started && cycle.code != 0)
		CYCLE_FAIL(&cycle, "exit code %d at the end", cycle.code);
	if (!cycle.started && cycle.code != 1 && cycle.code != 78)
		CYCLE_FAIL(&cycle, "exit code %d at the start", cycle.code);
	if (!cycle.started && !strstr(cycle.said, "echod: "))
		CYCLE_FAIL(&cycle, "no reason was given");
	if (!cycle.started && !fake_hit())
		CYCLE_FAIL(&cycle, "it does not start");
	check_nothing_left();
}

/* ---- The loops ---- */

/* Who suffers: which child of which. */
struct scope {
	unsigned depth, nth;
};

static const struct scope in_master = { 1, 0 }, in_worker = { 2, 1 }, in_checker = { 2, 2 };

static void serve_and_reload(void)
{
	talk(CYCLE_TCP);
	talk(CYCLE_UNIX);
	reload();
	talk(CYCLE_ADDED);
}

/* With answers that the kernel takes in pieces, so that bytes must wait in the worker. */
static void live(void *data)
{
	const struct scope *scope = data;

	fake_point_in(scope->depth, scope->nth);
	fake_short(FAKE_SEND, 1, 100);
	fake_short(FAKE_SEND, 2, 1000);
	lost = 0;
	scope_is_master = scope->depth == 1;
	cycle_start(&cycle);
	if (cycle.started) {
		serve_and_reload();
		check_books(!fake_hit());
		stop();
	}
	cycle_wait(&cycle);
	check_end();
}

static void live_unharmed(void *data)
{
	const struct scope *scope = data;

	fake_point_in(scope->depth, scope->nth);
	cycle_start(&cycle);
	if (!cycle.started)
		CYCLE_FAIL(&cycle, "it does not start");
	lost = 0;
	serve_and_reload();
	assert_int_equal(lost, 0);
	check_books(true);
	assert_true(ask_to_stop());
	cycle_wait(&cycle);
	assert_int_equal(cycle.code, 0);
	assert_null(cycle_left_over(&cycle));
}

static unsigned long cover(enum fake_mode mode, const char *who, void (*run)(void *data),
			   struct scope scope)
{
	return fake_each_point(mode, who, run, &scope);
}

static void test_master_when_any_call_fails_then_starts_not_or_serves(void **state)
{
	(void)state;
	assert_true(cover(FAKE_ERROR, "master", live, in_master) >= MASTER_POINTS);
}

static void test_worker_when_any_call_fails_then_the_next_connection_is_served(void **state)
{
	(void)state;
	assert_true(cover(FAKE_ERROR, "worker", live, in_worker) >= WORKER_POINTS);
}

/* Which reads the configuration before a reload, and may do no more than make it fail. */
static void test_checker_when_any_call_fails_then_the_next_reload_succeeds(void **state)
{
	(void)state;
	assert_true(cover(FAKE_ERROR, "checker", live, in_checker) >= CHECKER_POINTS);
}

static void test_master_when_interrupted_or_given_pieces_then_nobody_notices(void **state)
{
	(void)state;
	assert_true(cover(FAKE_INTERRUPT, "master", live_unharmed, in_master) >= 75);
	assert_true(cover(FAKE_PIECE, "master", live_unharmed, in_master) >= 35);
}

static void test_worker_when_interrupted_or_given_pieces_then_nobody_notices(void **state)
{
	(void)state;
	assert_true(cover(FAKE_INTERRUPT, "worker", live_unharmed, in_worker) >= 55);
	assert_true(cover(FAKE_PIECE, "worker", live_unharmed, in_worker) >= 25);
}

#define A_LIFE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* Each of thousands of lives takes a second under valgrind; and who has run them in another build of
 * the same tree may leave them out by ECHOD_TEST_CYCLES=no, or run one in so many with a number. */
static const char *why_not(void)
{
	const char *preloaded = getenv("LD_PRELOAD"), *wanted = getenv("ECHOD_TEST_CYCLES");
	int64_t nth;

	if (preloaded && strstr(preloaded, "vgpreload"))
		return "thousands of lives are too slow under valgrind";
	if (wanted && strcmp(wanted, "no") == 0)
		return "ECHOD_TEST_CYCLES is \"no\"";
	if (wanted && parse_integer(wanted, 1, 1000, &nth) == 0)
		fake_each_nth((unsigned long)nth);
	return NULL;
}

int main(void)
{
	const struct CMUnitTest of_master[] = {
		A_LIFE(test_master_when_any_call_fails_then_starts_not_or_serves),
		A_LIFE(test_master_when_interrupted_or_given_pieces_then_nobody_notices),
	};
	const struct CMUnitTest of_children[] = {
		A_LIFE(test_worker_when_any_call_fails_then_the_next_connection_is_served),
		A_LIFE(test_checker_when_any_call_fails_then_the_next_reload_succeeds),
		A_LIFE(test_worker_when_interrupted_or_given_pieces_then_nobody_notices),
	};

	if (why_not()) {
		printf("SKIP: %s\n", why_not());
		return 77;
	}
	return CYCLE_OF_CHILDREN ? cmocka_run_group_tests(of_children, NULL, NULL)
				 : cmocka_run_group_tests(of_master, NULL, NULL);
}
