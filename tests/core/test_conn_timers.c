/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * A connection's deadlines: which one runs, from when, and how it ends the connection. The rig's
 * connection is opened at 1000 ms.
 */
#include "tests/cmocka_all.h"

#include <string.h>

#include "tests/core/conn_rig.h"
#include "tests/core/conn_services.h"

static struct rig *open_with(struct conn_rules rules)
{
	struct rig *r = rig_open(&service_echo, 10);

	rules.service = &service_echo;
	rules.max_pending = 10;
	r->rules = rules;
	return r;
}

/* Nothing happens just before at_ms; at it the connection is in this state for this reason. */
static void assert_expires(struct rig *r, int64_t at_ms, enum conn_state state,
			   enum close_reason reason)
{
	unsigned before = r->c.state;

	assert_int_equal(conn_deadline_ms(&r->c), at_ms);
	conn_expire(&r->c, at_ms - 1);
	assert_int_equal(r->c.state, before);
	conn_expire(&r->c, at_ms);
	assert_string_equal(conn_state_name(r->c.state), conn_state_name(state));
	assert_string_equal(close_reason_name(r->c.reason), close_reason_name(reason));
}

static void assert_never(const struct rig *r)
{
	struct conn copy = r->c;

	assert_int_equal(conn_deadline_ms(&r->c), INT64_MAX);
	conn_expire(&copy, INT64_MAX);
	assert_int_equal(copy.state, r->c.state);
}

static void turn_at(struct rig *r, int64_t now_ms, const char *data, size_t room)
{
	r->now_ms = now_ms;
	rig_turn(r, data, strlen(data), room);
}

static void test_conn_when_all_timers_are_off_then_never(void **state)
{
	struct rig *r = open_with((struct conn_rules){ 0 });

	(void)state;
	assert_never(r);
	turn_at(r, 1001, "abc", 0);
	assert_never(r);
	rig_end(r, 0);
	assert_int_equal(r->c.state, CONN_FLUSHING);
	assert_never(r);
	rig_close(r);
}

static void test_conn_idle_ends_in_order(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .idle_ms = 100, .stall_ms = 60 });

	(void)state;
	turn_at(r, 1050, "abc", 3);
	assert_expires(r, 1150, CONN_FLUSHING, CLOSE_IDLE);
	assert_true(rig_settle(r));
	assert_int_equal(r->c.state, CONN_LINGERING);
	rig_close(r);
}

static void test_conn_idle_is_renewed_by_bytes_that_are_thrown_away(void **state)
{
	static const struct service sink = { .name = "sink" };
	struct rig *r = rig_open(&sink, 10);

	(void)state;
	r->rules.idle_ms = 100;
	turn_at(r, 1050, "abc", 0);
	assert_expires(r, 1150, CONN_FLUSHING, CLOSE_IDLE);
	rig_close(r);
}

static void test_conn_first_byte_runs_until_the_first_byte(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .first_byte_ms = 100 });

	(void)state;
	assert_int_equal(conn_deadline_ms(&r->c), 1100);
	turn_at(r, 1099, "a", 1);
	assert_never(r);
	rig_close(r);
	r = open_with((struct conn_rules){ .first_byte_ms = 100 });
	assert_expires(r, 1100, CONN_FLUSHING, CLOSE_FIRST_BYTE);
	rig_close(r);
}

static void test_conn_before_the_first_byte_the_shorter_of_two_timers_runs(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .first_byte_ms = 100, .idle_ms = 50 });

	(void)state;
	assert_expires(r, 1050, CONN_FLUSHING, CLOSE_IDLE);
	rig_close(r);
	r = open_with((struct conn_rules){ .first_byte_ms = 50, .idle_ms = 100 });
	assert_expires(r, 1050, CONN_FLUSHING, CLOSE_FIRST_BYTE);
	rig_close(r);
	r = open_with((struct conn_rules){ .idle_ms = 100 });
	assert_expires(r, 1100, CONN_FLUSHING, CLOSE_IDLE);
	rig_close(r);
}

static void test_conn_lifetime_ends_a_busy_one_in_order(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .lifetime_ms = 1000, .idle_ms = 300 });

	(void)state;
	for (int64_t now = 1000; now < 2000; now += 100)
		turn_at(r, now, "a", 1);
	assert_expires(r, 2000, CONN_FLUSHING, CLOSE_LIFETIME);
	rig_close(r);
}

static void test_conn_lifetime_counts_only_while_open(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .lifetime_ms = 1000 });

	(void)state;
	turn_at(r, 1500, "a", 0);
	rig_end(r, 0);
	assert_int_equal(conn_lifetime_ms(&r->c), 0);
	assert_never(r);
	rig_close(r);
}

/* The lifetime flushes what is owed; what does not flush stalls in its own time. */
static void test_conn_lifetime_with_bytes_pending_then_stall_from_there(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .lifetime_ms = 1000, .stall_ms = 5000 });

	(void)state;
	turn_at(r, 1500, "a", 0);
	assert_expires(r, 2000, CONN_FLUSHING, CLOSE_LIFETIME);
	assert_expires(r, 7000, CONN_DONE, CLOSE_STALL);
	rig_close(r);
}

static void test_conn_stall_is_renewed_only_by_what_the_peer_takes(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .stall_ms = 100, .idle_ms = 10 });

	(void)state;
	turn_at(r, 1005, "abcd", 0);
	assert_int_equal(conn_deadline_ms(&r->c), 1105);
	turn_at(r, 1050, "ef", 0);
	assert_int_equal(conn_deadline_ms(&r->c), 1105);
	turn_at(r, 1060, "", 1);
	assert_int_equal(conn_deadline_ms(&r->c), 1160);
	turn_at(r, 1070, "", 0);
	assert_expires(r, 1160, CONN_DONE, CLOSE_STALL);
	assert_int_equal(conn_pending(&r->c), 5);
	rig_close(r);
}

static void test_conn_stall_begins_with_the_first_pending_byte(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .stall_ms = 100 });

	(void)state;
	assert_never(r);
	turn_at(r, 5000, "ab", 2);
	assert_never(r);
	turn_at(r, 9000, "ab", 1);
	assert_int_equal(conn_deadline_ms(&r->c), 9100);
	turn_at(r, 9050, "", 1);
	assert_never(r);
	rig_receive(r, "cd", 2);
	r->now_ms = 9060;
	rig_settle(r);
	assert_int_equal(conn_deadline_ms(&r->c), 9160);
	rig_close(r);
}

static void test_conn_stall_counts_for_what_a_service_has_to_say(void **state)
{
	struct rig *r = rig_open(&service_stream, 10);

	(void)state;
	r->rules.stall_ms = 100;
	r->rules.first_byte_ms = 10;
	assert_expires(r, 1100, CONN_DONE, CLOSE_STALL);
	rig_close(r);
}

static void test_conn_after_the_peers_end_only_a_stall_cuts_the_flush(void **state)
{
	struct rig *r = open_with((struct conn_rules){
	    .stall_ms = 100, .idle_ms = 10, .lifetime_ms = 50, .first_byte_ms = 5 });

	(void)state;
	turn_at(r, 1001, "abcdef", 0);
	r->now_ms = 1002;
	rig_end(r, 0);
	for (int64_t now = 1100; now < 1500; now += 99) {
		conn_expire(&r->c, now);
		assert_int_equal(r->c.state, CONN_FLUSHING);
		turn_at(r, now, "", 1);
	}
	assert_int_equal(conn_pending(&r->c), 1);
	assert_expires(r, 1596, CONN_DONE, CLOSE_STALL);
	rig_close(r);
}

/* Neither bytes thrown away nor stall-timeout prolong it. */
static void test_conn_lingering_ends_after_its_time_and_keeps_its_reason(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .stall_ms = 100, .idle_ms = 10 });

	(void)state;
	r->now_ms = 2000;
	conn_end(&r->c, CLOSE_CONTROL, r->now_ms);
	assert_true(rig_settle(r));
	turn_at(r, 2400, "flood", 0);
	assert_expires(r, 2000 + CONN_LINGER_MS, CONN_DONE, CLOSE_CONTROL);
	assert_never(r);
	rig_close(r);
}

static void test_conn_when_a_duration_is_endless_then_never(void **state)
{
	struct rig *r =
	    open_with((struct conn_rules){ .idle_ms = INT64_MAX, .lifetime_ms = INT64_MAX });

	(void)state;
	assert_never(r);
	rig_close(r);
}

static void test_conn_when_both_timers_passed_then_the_earlier_names_the_reason(void **state)
{
	struct rig *r = open_with((struct conn_rules){ .idle_ms = 100, .lifetime_ms = 200 });

	(void)state;
	conn_expire(&r->c, 5000);
	assert_int_equal(r->c.reason, CLOSE_IDLE);
	rig_close(r);
	r = open_with((struct conn_rules){ .idle_ms = 200, .lifetime_ms = 100 });
	conn_expire(&r->c, 5000);
	assert_int_equal(r->c.reason, CLOSE_LIFETIME);
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_when_all_timers_are_off_then_never),
		cmocka_unit_test(test_conn_idle_ends_in_order),
		cmocka_unit_test(test_conn_idle_is_renewed_by_bytes_that_are_thrown_away),
		cmocka_unit_test(test_conn_first_byte_runs_until_the_first_byte),
		cmocka_unit_test(test_conn_before_the_first_byte_the_shorter_of_two_timers_runs),
		cmocka_unit_test(test_conn_lifetime_ends_a_busy_one_in_order),
		cmocka_unit_test(test_conn_lifetime_counts_only_while_open),
		cmocka_unit_test(test_conn_lifetime_with_bytes_pending_then_stall_from_there),
		cmocka_unit_test(test_conn_stall_is_renewed_only_by_what_the_peer_takes),
		cmocka_unit_test(test_conn_stall_begins_with_the_first_pending_byte),
		cmocka_unit_test(test_conn_stall_counts_for_what_a_service_has_to_say),
		cmocka_unit_test(test_conn_after_the_peers_end_only_a_stall_cuts_the_flush),
		cmocka_unit_test(test_conn_lingering_ends_after_its_time_and_keeps_its_reason),
		cmocka_unit_test(test_conn_when_a_duration_is_endless_then_never),
		cmocka_unit_test(
		    test_conn_when_both_timers_passed_then_the_earlier_names_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
