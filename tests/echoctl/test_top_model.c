/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_top_model: two statuses in, rates out; two lists of connections in, how fast each is; and every
 * field of an answer taken away or changed in turn, which must be named and leave the model as it was.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/top_model.h"
#include "tests/echoctl/answers.h"

static struct top_model model;
static json_t *status;
static char wrong[RENDER_WRONG_SIZE];

static void expect_near(double value, double expected)
{
	if (value < expected - 0.0001 || value > expected + 0.0001)
		fail_msg("%f is not %f", value, expected);
}

static int set_up(void **state)
{
	(void)state;
	top_model_init(&model);
	status = answer_load("status-busy.json");
	wrong[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	top_model_fini(&model);
	json_decref(status);
	return 0;
}

/* ---- Statuses ---- */

static void take(int64_t now_ms)
{
	json_t *copy = json_deep_copy(status);

	assert_int_equal(top_model_take_status(&model, copy, now_ms, wrong), 0);
	json_decref(copy);
}

static json_t *row_of(const char *list, size_t i)
{
	return json_array_get(json_object_get(status, list), i);
}

static void add(json_t *object, const char *field, int64_t n)
{
	const json_int_t before = json_integer_value(json_object_get(object, field));

	json_object_set_new(object, field, json_integer(before + n));
}

static void add_turns(size_t worker, size_t kind, int64_t n)
{
	json_t *turns = json_object_get(row_of("workers", worker), "loop_turns");
	const json_int_t before = json_integer_value(json_array_get(turns, kind));

	json_array_set_new(turns, kind, json_integer(before + n));
}

static void test_status_when_it_is_the_first_then_counts_but_no_rates(void **state)
{
	(void)state;
	take(1000);
	assert_int_equal(model.interval_ms, 0);
	assert_int_equal(model.status.active, 13);
	assert_int_equal(model.status.paused, 2);
	assert_int_equal(model.status.n_listeners, 3);
	assert_int_equal(model.status.n_workers, 2);
	assert_int_equal(model.status.listeners[2].active, 1);
	assert_string_equal(model.status.listeners[2].path, "/run/x/d.sock");
	assert_int_equal(model.status.workers[0].active, 13);
	assert_int_equal(model.status.workers[1].pid, 0);
	assert_false(model.status.rates.known);
	assert_false(model.status.listeners[0].rates.known);
	assert_false(model.status.workers[0].rates.known);
	assert_false(model.status.turns.known);
	assert_false(model.status.turns.measured);
}

static void test_status_when_it_is_the_second_then_rates_are_the_growth_by_the_time(void **state)
{
	json_t *totals = json_object_get(status, "totals");

	(void)state;
	take(1000);
	add(totals, "accepted", 10);
	add(totals, "received_bytes", 1000);
	add(totals, "sent_bytes", 500);
	add(totals, "datagrams_received", 4);
	add(totals, "datagrams_sent", 3);
	add(json_object_get(totals, "rejected"), "acl", 5);
	add(json_object_get(totals, "rejected"), "rate", 1);
	add(row_of("listeners", 0), "accepted", 8);
	add(row_of("listeners", 2), "received_bytes", 100);
	add(row_of("workers", 0), "accepted", 10);
	take(3000);
	assert_int_equal(model.interval_ms, 2000);
	assert_true(model.status.rates.known);
	expect_near(model.status.rates.accepted, 5);
	expect_near(model.status.rates.rejected, 3);
	expect_near(model.status.rates.received, 500);
	expect_near(model.status.rates.sent, 250);
	expect_near(model.status.rates.datagrams_in, 2);
	expect_near(model.status.rates.datagrams_out, 1.5);
	expect_near(model.status.listeners[0].rates.accepted, 4);
	expect_near(model.status.listeners[1].rates.accepted, 0);
	expect_near(model.status.listeners[2].rates.received, 50);
	expect_near(model.status.workers[0].rates.accepted, 5);
	expect_near(model.status.workers[1].rates.accepted, 0);
}

static void test_status_when_a_listener_began_anew_then_all_it_has_is_growth(void **state)
{
	(void)state;
	take(0);
	json_object_set_new(row_of("listeners", 2), "received_bytes", json_integer(2000));
	take(2000);
	expect_near(model.status.listeners[1].rates.received, 0);
	expect_near(model.status.listeners[2].rates.received, 1000);
}

/* Its counts may be those of before it went, or another address's. */
static void
test_status_when_a_listener_has_other_addresses_then_its_rates_are_not_known(void **state)
{
	json_t *twin;

	(void)state;
	take(0);
	twin = json_deep_copy(row_of("listeners", 0));
	json_object_set_new(twin, "port", json_integer(9));
	json_array_append_new(json_object_get(status, "listeners"), twin);
	take(1000); /* one more */
	assert_false(model.status.listeners[0].rates.known);
	assert_true(model.status.listeners[1].rates.known);
	assert_false(model.status.listeners[3].rates.known);
	take(2000);
	assert_true(model.status.listeners[0].rates.known);
	assert_true(model.status.listeners[3].rates.known);
	json_array_remove(json_object_get(status, "listeners"), 0);
	take(3000); /* one less */
	assert_true(model.status.listeners[0].rates.known);
	assert_false(model.status.listeners[2].rates.known);
	json_object_set_new(twin, "service", json_string("discard"));
	take(4000);
	assert_false(model.status.listeners[2].rates.known);
}

static void test_status_when_it_is_of_another_daemon_then_rates_are_not_known(void **state)
{
	(void)state;
	take(0);
	json_object_set_new(status, "pid", json_integer(77));
	take(1000);
	assert_int_equal(model.interval_ms, 0);
	assert_false(model.status.rates.known);
	take(2000);
	assert_true(model.status.rates.known);
	add(status, "start_time_s", 1);
	take(3000);
	assert_false(model.status.rates.known);
}

static void test_status_when_no_time_has_passed_then_nothing_is_divided_by_it(void **state)
{
	(void)state;
	take(5);
	take(5);
	assert_false(model.status.rates.known);
}

static void test_turns_when_they_are_counted_then_each_share_has_its_limit(void **state)
{
	(void)state;
	take(0);
	add_turns(0, 0, 49);
	add_turns(0, 2, 50);
	add_turns(0, 6, 1);
	add(row_of("workers", 0), "loop_busy_us", 250000);
	take(1000);
	assert_true(model.status.workers[0].turns.known);
	assert_int_equal(model.status.workers[0].turns.half_us, 50);
	assert_int_equal(model.status.workers[0].turns.most_us, 50);
	assert_int_equal(model.status.workers[0].turns.all_us, 1000);
	expect_near(model.status.workers[0].turns.busy, 0.25);
	assert_false(model.status.workers[1].turns.known);
	assert_true(model.status.workers[1].turns.measured);
	expect_near(model.status.workers[1].turns.busy, 0);
	/* All together; one more, and 99 % of them are no longer without the long one. */
	add_turns(1, 19, 2);
	add_turns(0, 0, 98);
	add(row_of("workers", 0), "loop_busy_us", 9000000);
	take(2000);
	assert_int_equal(model.status.turns.half_us, 10);
	assert_true(model.status.turns.most_us == INT64_MAX);
	assert_true(model.status.turns.all_us == INT64_MAX);
	expect_near(model.status.turns.busy, 1);
}

static void test_turns_when_the_daemon_does_not_count_them_then_the_rest_is_known(void **state)
{
	(void)state;
	json_object_del(status, "loop_limits_us");
	json_object_del(row_of("workers", 0), "loop_turns");
	json_object_del(row_of("workers", 0), "loop_busy_us");
	take(0);
	take(1000);
	assert_true(model.status.rates.known);
	assert_int_equal(model.status.n_kinds, 0);
	assert_false(model.status.workers[0].turns.measured);
}

/* ---- Answers that are wrong ---- */

static void expect_wrong(const char *what)
{
	const json_t *kept = model.status.answer;

	wrong[0] = '\0';
	assert_int_equal(top_model_take_status(&model, status, 9000, wrong), -EPROTO);
	assert_non_null(strstr(wrong, what));
	assert_ptr_equal(model.status.answer, kept);
	assert_int_equal(model.status.active, 13);
}

static void test_status_when_a_field_is_wrong_then_it_is_named_and_the_last_one_stays(void **state)
{
	static const char *const fields[] = { "version",  "state",  "pid",	 "start_time_s",
					      "uptime_s", "totals", "listeners", "workers" };
	json_t *worker = row_of("workers", 0);

	(void)state;
	take(1000);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		json_t *value = json_incref(json_object_get(status, fields[i]));

		json_object_del(status, fields[i]);
		expect_wrong(fields[i]);
		json_object_set_new(status, fields[i], json_real(1.5));
		expect_wrong(fields[i]);
		json_object_set_new(status, fields[i], value);
	}
	json_object_set_new(worker, "loop_turns", json_pack("[i]", 1));
	expect_wrong("workers[0].loop_turns");
	json_object_set_new(worker, "loop_turns", json_null());
	expect_wrong("workers[0].loop_turns");
	json_object_del(json_object_get(status, "totals"), "rejected");
	expect_wrong("totals.rejected");
}

/* ---- Lists ---- */

static json_t *connection(int64_t id, int64_t age_ms, int64_t idle_ms, int64_t received,
			  int64_t sent)
{
	return json_pack("{s:I, s:i, s:s, s:s, s:s, s:s, s:s, s:n, s:I, s:I, s:I, s:I, s:I}", "id",
			 (json_int_t)id, "worker", 0, "listener", "echo", "service", "echo",
			 "transport", "tcp", "state", "open", "peer", "127.0.0.1:4000",
			 "proxied_peer", "age_ms", (json_int_t)age_ms, "idle_ms",
			 (json_int_t)idle_ms, "received_bytes", (json_int_t)received, "sent_bytes",
			 (json_int_t)sent, "pending_bytes", (json_int_t)(received - sent));
}

/* Takes the references. */
static void list(int64_t now_ms, bool interval, json_t *first, json_t *second)
{
	json_t *page = json_pack("{s:[o], s:n}", "connections", first, "cursor");

	assert_int_equal(top_model_take_page(&model, page, wrong), 0);
	json_decref(page);
	page = second ? json_pack("{s:[o]}", "connections", second)
		      : json_pack("{s:[]}", "connections");
	assert_int_equal(top_model_take_page(&model, page, wrong), 0);
	json_decref(page);
	assert_int_equal(top_model_end_list(&model, interval, now_ms), 0);
}

static void expect_order(enum top_order order, bool reverse, int64_t first, int64_t second)
{
	top_model_sort(&model, order, reverse);
	assert_int_equal(model.n_connections, 2);
	assert_int_equal(model.connections[0].id, first);
	assert_int_equal(model.connections[1].id, second);
}

static void test_list_when_it_is_the_first_then_only_what_is_young_has_a_rate(void **state)
{
	(void)state;
	list(0, true, connection(1, 9999, 5, 100, 100), connection(2, 5, 5, 100, 100));
	assert_false(model.connections[0].known);
	assert_false(model.connections[1].known);
	list(1000, true, connection(3, 999, 5, 100, 50), connection(4, 1001, 5, 100, 100));
	assert_true(model.connections[0].known);
	expect_near(model.connections[0].received_rate, 100);
	expect_near(model.connections[0].sent_rate, 50);
	assert_false(model.connections[1].known);
}

static void test_list_when_it_is_the_next_then_rates_are_the_growth_by_the_time(void **state)
{
	(void)state;
	list(0, true, connection(7, 9000, 5, 100, 100), connection(2, 9000, 5, 100, 100));
	list(2000, true, connection(2, 9000, 5, 500, 300), connection(7, 9000, 5, 100, 100));
	expect_near(model.connections[0].received_rate, 200);
	expect_near(model.connections[0].sent_rate, 100);
	expect_near(model.connections[1].received_rate, 0);
	/* One in between is compared with what the last one was; the next one with the last. */
	list(2500, false, connection(2, 9000, 5, 600, 300), NULL);
	expect_near(model.connections[0].received_rate, 200);
	list(4000, true, connection(2, 9000, 5, 900, 300), NULL);
	expect_near(model.connections[0].received_rate, 200);
}

static void
test_list_when_sorted_then_the_largest_is_first_and_equal_ones_keep_their_place(void **state)
{
	(void)state;
	list(0, true, connection(1, 50, 9, 100, 90), connection(2, 60, 5, 150, 10));
	list(1000, true, connection(1, 1050, 9, 100, 90), connection(2, 1060, 5, 150, 11));
	expect_order(TOP_BY_RATE, false, 2, 1);
	expect_order(TOP_BY_BYTES, false, 1, 2);
	expect_order(TOP_BY_IDLE, false, 1, 2);
	expect_order(TOP_BY_AGE, false, 2, 1);
	expect_order(TOP_BY_PENDING, false, 2, 1);
	expect_order(TOP_BY_RECEIVED, false, 2, 1);
	expect_order(TOP_BY_SENT, false, 1, 2);
	expect_order(TOP_BY_ID, false, 1, 2);
	expect_order(TOP_BY_ID, true, 2, 1);
	expect_order(TOP_BY_RATE, true, 1, 2);
	list(2000, true, connection(2, 5000, 5, 100, 90), connection(1, 5000, 5, 100, 90));
	expect_order(TOP_BY_BYTES, false, 1, 2);
}

static void test_list_when_a_page_is_wrong_then_what_was_shown_stays(void **state)
{
	json_t *broken = connection(5, 1, 1, 1, 1), *page;

	(void)state;
	list(0, true, connection(1, 50, 9, 100, 90), connection(2, 60, 5, 150, 10));
	json_object_del(broken, "peer");
	page = json_pack("{s:[o, o]}", "connections", connection(4, 1, 1, 1, 1), broken);
	assert_int_equal(top_model_take_page(&model, page, wrong), -EPROTO);
	assert_string_equal(wrong, "'connections[1].peer' is missing");
	json_decref(page);
	assert_int_equal(model.n_connections, 2);
	wrong[0] = '\0';
	list(1000, true, connection(9, 50, 9, 100, 90), NULL);
	assert_int_equal(model.n_connections, 1);
	assert_int_equal(model.connections[0].id, 9);
}

static void test_list_when_there_is_none_then_why_and_no_rows(void **state)
{
	(void)state;
	list(0, true, connection(1, 50, 9, 100, 90), NULL);
	top_model_no_list(&model, "because");
	assert_int_equal(model.n_connections, 0);
	assert_string_equal(model.note, "because");
	list(1000, true, connection(1, 1050, 9, 200, 90), NULL);
	assert_string_equal(model.note, "");
	expect_near(model.connections[0].received_rate, 100);
}

static void test_list_when_the_daemon_is_another_then_its_ids_mean_others(void **state)
{
	(void)state;
	take(0);
	list(0, true, connection(1, 5000, 9, 100, 90), NULL);
	json_object_set_new(status, "pid", json_integer(77));
	take(1000);
	list(1000, true, connection(1, 5000, 9, 200, 90), NULL);
	assert_false(model.connections[0].known);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_status_when_it_is_the_first_then_counts_but_no_rates),
		TEST(test_status_when_it_is_the_second_then_rates_are_the_growth_by_the_time),
		TEST(test_status_when_a_listener_began_anew_then_all_it_has_is_growth),
		TEST(test_status_when_a_listener_has_other_addresses_then_its_rates_are_not_known),
		TEST(test_status_when_it_is_of_another_daemon_then_rates_are_not_known),
		TEST(test_status_when_no_time_has_passed_then_nothing_is_divided_by_it),
		TEST(test_turns_when_they_are_counted_then_each_share_has_its_limit),
		TEST(test_turns_when_the_daemon_does_not_count_them_then_the_rest_is_known),
		TEST(test_status_when_a_field_is_wrong_then_it_is_named_and_the_last_one_stays),
		TEST(test_list_when_it_is_the_first_then_only_what_is_young_has_a_rate),
		TEST(test_list_when_it_is_the_next_then_rates_are_the_growth_by_the_time),
		TEST(
		    test_list_when_sorted_then_the_largest_is_first_and_equal_ones_keep_their_place),
		TEST(test_list_when_a_page_is_wrong_then_what_was_shown_stays),
		TEST(test_list_when_there_is_none_then_why_and_no_rows),
		TEST(test_list_when_the_daemon_is_another_then_its_ids_mean_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
