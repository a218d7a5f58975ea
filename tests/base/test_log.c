/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_log.c: what a line is made of, and which lines are told once: they are read back from the file
 * that they went to. test_log_sinks.c has the other places.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/log.h"
#include "tests/base/log_play.h"

static void assert_matches(const char *text, const char *pattern)
{
	regex_t compiled;
	int r;

	assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
	r = regexec(&compiled, text, 0, NULL, 0);
	regfree(&compiled);
	if (r != 0)
		fail_msg("\"%s\" does not match \"%s\"", text, pattern);
}

static int count(const char *text, const char *part)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
		n++;
	return n;
}

static void test_line_in_a_file_has_utc_time_program_number_level_and_subsystem(void **state)
{
	char pattern[200];

	(void)state;
	log_warning("master", "worker %d died", 2);
	snprintf(pattern, sizeof(pattern),
		 "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "
		 "echod\\[%ld\\] warning master: worker 2 died\n$",
		 (long)getpid());
	assert_matches(log_play_content(log_play_path), pattern);
}

static void test_line_above_the_level_is_not_written(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_NOTICE);
	log_info("master", "quiet");
	log_notice("master", "loud");
	assert_null(strstr(log_play_content(log_play_path), "quiet"));
	assert_non_null(strstr(log_play_content(log_play_path), "loud"));
	assert_false(log_wants(LOG_LEVEL_INFO));
	assert_true(log_wants(LOG_LEVEL_NOTICE));
}

static void assert_logged_as(const char *text, const char *expected)
{
	char line[512];

	log_info("peer", "%s", text);
	snprintf(line, sizeof(line), " peer: %s\n", expected);
	if (!strstr(log_play_content(log_play_path), line))
		fail_msg("not \"%s\" in \"%s\"", line, log_play_content(log_play_path));
}

static void test_bytes_that_are_not_printable_utf8_are_escaped(void **state)
{
	(void)state;
	assert_logged_as("a\nb\r\tc\x1b[31m", "a\\x0ab\\x0d\\x09c\\x1b[31m");
	assert_logged_as("del\x7f", "del\\x7f");
	assert_logged_as("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb6",
			 "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xb6");
	assert_logged_as("c1 \xc2\x9b", "c1 \\xc2\\x9b");
	assert_logged_as("cut \xe2\x82", "cut \\xe2\\x82");
	assert_logged_as("overlong \xc0\xaf", "overlong \\xc0\\xaf");
	assert_logged_as("overlong \xe0\x80\xaf", "overlong \\xe0\\x80\\xaf");
	assert_logged_as("surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80");
	assert_logged_as("too large \xf4\x90\x80\x80", "too large \\xf4\\x90\\x80\\x80");
	assert_logged_as("alone \xbf\xff", "alone \\xbf\\xff");
	assert_logged_as("backwards \xe2\x80\xae!", "backwards \\xe2\\x80\\xae!");
}

static void test_line_that_is_too_long_ends_in_dots_and_in_one_line_feed(void **state)
{
	char *text = malloc(100001);
	const char *line;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 100000);
	text[100000] = '\0';
	log_info("peer", "%s", text);
	memset(text, '\n', 100000);
	log_info("peer", "%s", text);
	free(text);
	line = log_play_content(log_play_path);
	assert_int_equal(count(line, "\n"), 2);
	assert_int_equal(count(line, "xxx...\n"), 1);
	assert_int_equal(count(line, "\\x0a...\n"), 1);
	assert_true(strlen(line) < 5000);
}

static void test_repeats_are_counted_and_told_before_the_next_line(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		log_info("stream", "the same");
	assert_int_equal(count(log_play_content(log_play_path), "\n"), 1);
	log_info("stream", "another");
	assert_matches(log_play_content(log_play_path),
		       "the same\n.* info stream: last message repeated 4 times\n"
		       ".* another\n$");
}

static void test_repeat_of_one_is_written_out_when_flushed(void **state)
{
	(void)state;
	log_info("stream", "the same");
	log_info("stream", "the same");
	log_flush();
	assert_int_equal(count(log_play_content(log_play_path), "info stream: the same\n"), 2);
	log_flush();
	assert_int_equal(count(log_play_content(log_play_path), "\n"), 2);
}

static void test_same_text_of_another_level_or_subsystem_is_no_repeat(void **state)
{
	(void)state;
	log_info("stream", "the same");
	log_error("stream", "the same");
	log_error("master", "the same");
	assert_int_equal(count(log_play_content(log_play_path), "the same\n"), 3);
}

static void test_repeat_after_a_while_is_news(void **state)
{
	(void)state;
	log_info("stream", "the same");
	log_info("stream", "the same");
	log_info("stream", "the same");
	log_play_ms += 5000;
	log_info("stream", "the same");
	assert_matches(log_play_content(log_play_path),
		       "the same\n[^\n]*repeated 2 times\n[^\n]*the same\n$");
}

static void test_repeats_are_told_in_time_though_no_line_follows(void **state)
{
	int64_t due_ms;

	(void)state;
	log_info("stream", "the same");
	assert_true(log_deadline_ms() == INT64_MAX);
	log_play_ms += 1000;
	for (int i = 0; i < 3; i++)
		log_info("stream", "the same");
	due_ms = log_deadline_ms();
	assert_true(due_ms > log_play_ms && due_ms <= log_play_ms + 5000);
	log_expire(due_ms - 1);
	assert_int_equal(count(log_play_content(log_play_path), "\n"), 1);
	log_expire(due_ms);
	assert_matches(log_play_content(log_play_path),
		       "the same\n.* last message repeated 3 times\n$");
	assert_true(log_deadline_ms() == INT64_MAX);
	log_expire(due_ms + 1);
	assert_int_equal(count(log_play_content(log_play_path), "\n"), 2);
}

static void test_repeats_are_told_by_the_parent_alone(void **state)
{
	pid_t child;
	int status;

	(void)state;
	log_info("stream", "the same");
	log_info("stream", "the same");
	log_info("stream", "the same");
	child = fork();
	if (child == 0) {
		log_in_child();
		log_flush();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(count(log_play_content(log_play_path), "\n"), 1);
	log_flush();
	assert_int_equal(count(log_play_content(log_play_path), "repeated 2 times"), 1);
}

static void
test_limited_line_is_written_once_per_interval_with_the_count_of_the_others(void **state)
{
	struct log_limit limit = { .interval_ms = 1000 };

	(void)state;
	for (int i = 0; i < 10; i++)
		log_limited(&limit, LOG_LEVEL_WARNING, "guard", "refused %d", i);
	assert_int_equal(count(log_play_content(log_play_path), "\n"), 1);
	assert_non_null(strstr(log_play_content(log_play_path), "guard: refused 0\n"));
	log_play_ms += 1000;
	log_limited(&limit, LOG_LEVEL_WARNING, "guard", "refused again");
	assert_non_null(strstr(log_play_content(log_play_path),
			       "refused again (9 more like this were not logged)\n"));
	log_play_ms += 1000;
	log_limited(&limit, LOG_LEVEL_WARNING, "guard", "refused at last");
	assert_non_null(strstr(log_play_content(log_play_path), "refused at last\n"));
}

static void test_errno_survives_a_line(void **state)
{
	(void)state;
	errno = EXDEV;
	log_info("master", "%m");
	assert_int_equal(errno, EXDEV);
	assert_non_null(strstr(log_play_content(log_play_path), strerror(EXDEV)));
}

static void test_level_names_and_their_parser_are_mirrors(void **state)
{
	enum log_level level = LOG_LEVEL_DEBUG;

	(void)state;
	for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
		assert_int_equal(log_level_parse(log_level_name((enum log_level)i), &level), 0);
		assert_int_equal(level, i);
	}
	assert_int_equal(log_level_parse("loud", &level), -EINVAL);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_string_equal(log_level_name((enum log_level)99), "unknown");
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, log_play_setup, log_play_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_line_in_a_file_has_utc_time_program_number_level_and_subsystem),
		LOG_TEST(test_line_above_the_level_is_not_written),
		LOG_TEST(test_bytes_that_are_not_printable_utf8_are_escaped),
		LOG_TEST(test_line_that_is_too_long_ends_in_dots_and_in_one_line_feed),
		LOG_TEST(test_repeats_are_counted_and_told_before_the_next_line),
		LOG_TEST(test_repeat_of_one_is_written_out_when_flushed),
		LOG_TEST(test_same_text_of_another_level_or_subsystem_is_no_repeat),
		LOG_TEST(test_repeat_after_a_while_is_news),
		LOG_TEST(test_repeats_are_told_in_time_though_no_line_follows),
		LOG_TEST(test_repeats_are_told_by_the_parent_alone),
		LOG_TEST(
		    test_limited_line_is_written_once_per_interval_with_the_count_of_the_others),
		LOG_TEST(test_errno_survives_a_line),
		cmocka_unit_test(test_level_names_and_their_parser_are_mirrors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
