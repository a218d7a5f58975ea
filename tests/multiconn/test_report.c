/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "multiconn/control_check.h"
#include "multiconn/report.h"

static char *text;
static size_t text_length;

static FILE *open_text(void)
{
	FILE *out = open_memstream(&text, &text_length);

	assert_non_null(out);
	return out;
}

static void expect_text(FILE *out, const char *expected)
{
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void expect_problem(const struct problem *problem, const char *expected)
{
	struct tally tally = { 0 };
	FILE *out = open_text();

	report_problem(out, &tally, 3, problem);
	expect_text(out, expected);
	assert_int_equal(tally.failed, 1);
	assert_int_equal(tally.failures[problem->failure], 1);
	assert_int_equal(tally.lost, problem->established);
	assert_int_equal(tally.missed, !problem->established);
}

static void test_problem_when_the_word_says_all_then_only_the_word(void **state)
{
	const struct problem refused = { .failure = FAILURE_REFUSED, .error = ECONNREFUSED };
	const struct problem absent = { .failure = FAILURE_REFUSED, .error = ENOENT };

	(void)state;
	expect_problem(&refused, "multiconn: connection 3: refused\n");
	expect_problem(&absent, "multiconn: connection 3: refused: No such file or directory\n");
}

static void test_problem_when_bytes_are_wrong_then_offset_and_both_sides(void **state)
{
	const uint8_t expected[] = "0123456789abcdefXYZ";
	const uint8_t received[] = "1";
	struct problem mismatch = {
		.failure = FAILURE_MISMATCH,
		.established = true,
		.offset = 44,
		.expected = expected,
		.n_expected = 19,
		.received = received,
		.n_received = 1,
	};
	const struct problem shortfall = {
		.failure = FAILURE_SHORTFALL, .established = true, .offset = 10, .n_expected = 34
	};
	const struct problem reset = { .failure = FAILURE_RESET,
				       .error = ECONNRESET,
				       .established = true,
				       .offset = 43,
				       .n_expected = 1 };

	(void)state;
	expect_problem(&mismatch, "multiconn: connection 3: mismatch at offset 44: expected "
				  "b'0123456789abcdef', received b'1'\n");
	mismatch.n_expected = 0;
	expect_problem(&mismatch, "multiconn: connection 3: mismatch at offset 44: expected "
				  "nothing more, received b'1'\n");
	expect_problem(&shortfall,
		       "multiconn: connection 3: shortfall at offset 10: 34 bytes are missing\n");
	expect_problem(&reset, "multiconn: connection 3: reset at offset 43: 1 byte is missing\n");
}

static void test_problem_when_repeated_then_folded_with_a_count(void **state)
{
	const struct problem refused = { .failure = FAILURE_REFUSED, .error = ECONNREFUSED };
	struct tally tally = { 0 };
	FILE *out = open_text();
	size_t lines = 0;

	(void)state;
	for (size_t id = 1; id <= 25; id++)
		report_problem(out, &tally, id, &refused);
	report_folded(out, &tally);
	assert_int_equal(fclose(out), 0);
	for (char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 11);
	assert_non_null(strstr(text, "\nmulticonn: refused: 25 connections in all\n"));
	free(text);
}

static void test_summary_of_a_good_run(void **state)
{
	const struct tally tally = { .asked = 2,
				     .verified = 2,
				     .sent_bytes = 88,
				     .verified_bytes = 88,
				     .duration_ns = 2000000 };
	FILE *out = open_text();

	(void)state;
	report_summary(out, &tally);
	expect_text(out, "2 connections asked, 2 verified, 0 failed; 88 bytes sent, 88 verified in "
			 "0.002 s, 44.0 kB/s\n");
}

static void test_summary_of_datagrams_when_any_are_refused_or_unfinished_then_how_many(void **state)
{
	struct tally tally = { .asked = 4,
			       .failed = 4,
			       .datagrams = { .used = true,
					      .sent = 21,
					      .answered = 1,
					      .lost = 2,
					      .late = 3,
					      .duplicated = 7,
					      .reordered = 8,
					      .refused = 4,
					      .unfinished = 11 } };
	FILE *out = open_text();

	(void)state;
	report_summary(out, &tally);
	expect_text(out, "4 connections asked, 0 verified, 4 failed; 0 bytes sent, 0 verified in "
			 "0.000 s, 0 B/s; 21 datagrams sent, 1 answered, 2 lost, 3 late, "
			 "7 duplicated, 8 reordered, 4 refused, 11 unfinished\n");
	tally.datagrams.silent = true;
	tally.datagrams.unfinished = 0;
	out = open_text();
	report_summary(out, &tally);
	expect_text(out, "4 connections asked, 0 verified, 4 failed; 0 bytes sent, 0 verified in "
			 "0.000 s, 0 B/s; 21 datagrams sent, 0 came back, 4 refused\n");
}

static void test_summary_when_interrupted_then_marked(void **state)
{
	const struct tally tally = {
		.asked = 9, .verified = 2, .failed = 3, .interrupted = true, .server = VERDICT_MORE
	};
	FILE *out = open_text();

	(void)state;
	report_summary(out, &tally);
	expect_text(out, "interrupted: 9 connections asked, 2 verified, 3 failed, 4 unfinished; "
			 "0 bytes sent, 0 verified in 0.000 s, 0 B/s; the server counts more\n");
}

static void test_exit_code_when_several_hold_then_the_first_in_order(void **state)
{
	struct tally tally = {
		.interrupted = true, .lost = true, .missed = true, .run_time_error = true
	};

	(void)state;
	assert_int_equal(report_exit_code(&tally), 130);
	tally.interrupted = false;
	assert_int_equal(report_exit_code(&tally), 4);
	tally.lost = false;
	assert_int_equal(report_exit_code(&tally), 3);
	tally.server = VERDICT_LESS;
	assert_int_equal(report_exit_code(&tally), 4);
	tally.server = VERDICT_MORE;
	tally.missed = false;
	assert_int_equal(report_exit_code(&tally), 1);
	tally.run_time_error = false;
	assert_int_equal(report_exit_code(&tally), 0);
}

static void test_compare_when_any_count_is_less_then_less(void **state)
{
	const struct control_counts_seen before = { 10, 1000, 2000, 0, 0 };
	const struct tally tally = { .established = 2, .sent_bytes = 88, .received_bytes = 80 };
	struct control_counts_seen after = { 12, 1088, 2080, 0, 0 };

	(void)state;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_AGREES);
	after.accepted = 13;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_MORE);
	after.received_bytes = 1087;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_LESS);
	after.received_bytes = 1088;
	after.sent_bytes = 2079;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_LESS);
	after.sent_bytes = 2080;
	after.accepted = 11;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_LESS);
}

static void test_compare_when_endless_then_more_sent_than_read_agrees(void **state)
{
	const struct control_counts_seen before = { 10, 1000, 2000, 0, 0 };
	const struct tally tally = { .established = 2, .received_bytes = 80, .endless = true };
	struct control_counts_seen after = { 12, 1000, 2080, 0, 0 };

	(void)state;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_AGREES);
	after.sent_bytes = 9999;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_UNREAD);
	after.accepted = 13;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_MORE);
	after.accepted = 11;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_LESS);
	after.accepted = 12;
	after.sent_bytes = 2079;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_LESS);
}

static void test_summary_when_bytes_were_unread_then_how_many_and_no_failure(void **state)
{
	const struct tally tally = { .asked = 1,
				     .verified = 1,
				     .endless = true,
				     .server = VERDICT_UNREAD,
				     .unread_bytes = 7 };
	FILE *out = open_text();

	(void)state;
	report_summary(out, &tally);
	expect_text(
	    out, "1 connections asked, 1 verified, 0 failed; 0 bytes sent, 0 verified in 0.000 s, "
		 "0 B/s; the server's counts agree, with 7 bytes that were on their way when we "
		 "stopped reading\n");
	assert_int_equal(report_exit_code(&tally), 0);
}

static void test_compare_of_datagrams_when_any_count_is_less_then_less(void **state)
{
	const struct control_counts_seen before = { 10, 1000, 2000, 5, 6 };
	const struct tally tally = { .established = 2,
				     .sent_bytes = 88,
				     .received_bytes = 80,
				     .datagrams = { .used = true, .sent = 4, .received = 3 } };
	struct control_counts_seen after = { 10, 1088, 2080, 9, 9 };

	(void)state;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_AGREES);
	after.accepted = 11;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_MORE);
	after.datagrams_received = 8;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_LESS);
	after.datagrams_received = 9;
	after.datagrams_sent = 8;
	assert_int_equal(control_check_compare(&before, &after, &tally), VERDICT_LESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_problem_when_the_word_says_all_then_only_the_word),
		cmocka_unit_test(test_problem_when_bytes_are_wrong_then_offset_and_both_sides),
		cmocka_unit_test(test_problem_when_repeated_then_folded_with_a_count),
		cmocka_unit_test(test_summary_of_a_good_run),
		cmocka_unit_test(
		    test_summary_of_datagrams_when_any_are_refused_or_unfinished_then_how_many),
		cmocka_unit_test(test_summary_when_interrupted_then_marked),
		cmocka_unit_test(test_exit_code_when_several_hold_then_the_first_in_order),
		cmocka_unit_test(test_compare_when_any_count_is_less_then_less),
		cmocka_unit_test(test_compare_when_endless_then_more_sent_than_read_agrees),
		cmocka_unit_test(test_summary_when_bytes_were_unread_then_how_many_and_no_failure),
		cmocka_unit_test(test_compare_of_datagrams_when_any_count_is_less_then_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
