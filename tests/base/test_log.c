/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_log.c: lines are read back from where they went: a file, or a pipe in place of standard
 * error. Time stands still (clock_now_ms is wrapped) until a test moves it.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/log.h"

static int64_t now_ms;
static char directory[64], path[128];

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void)
{
	return now_ms;
}

static int set_up(void **state)
{
	const struct log_settings settings = {
		.program = "echod",
		.target = LOG_TARGET_FILE,
		.file = path,
		.level = LOG_LEVEL_DEBUG,
	};

	(void)state;
	now_ms += 1000000; /* nothing is a repeat of the test before */
	strcpy(directory, "/tmp/test_log.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/log", directory);
	return log_open(&settings);
}

static int tear_down(void **state)
{
	char other[160];

	(void)state;
	log_close();
	snprintf(other, sizeof(other), "%s.1", path);
	unlink(other);
	unlink(path);
	return rmdir(directory);
}

/* The whole file; the answer is good until the next call. */
static const char *content(const char *file)
{
	static char text[16384];
	FILE *f = fopen(file, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

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
	assert_matches(content(path), pattern);
}

static void test_line_above_the_level_is_not_written(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_NOTICE);
	log_info("master", "quiet");
	log_notice("master", "loud");
	assert_null(strstr(content(path), "quiet"));
	assert_non_null(strstr(content(path), "loud"));
	assert_false(log_wants(LOG_LEVEL_INFO));
	assert_true(log_wants(LOG_LEVEL_NOTICE));
}

static void assert_logged_as(const char *text, const char *expected)
{
	char line[512];

	log_info("peer", "%s", text);
	snprintf(line, sizeof(line), " peer: %s\n", expected);
	if (!strstr(content(path), line))
		fail_msg("not \"%s\" in \"%s\"", line, content(path));
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
	line = content(path);
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
	assert_int_equal(count(content(path), "\n"), 1);
	log_info("stream", "another");
	assert_matches(content(path), "the same\n.* info stream: last message repeated 4 times\n"
				      ".* another\n$");
}

static void test_repeat_of_one_is_written_out_when_flushed(void **state)
{
	(void)state;
	log_info("stream", "the same");
	log_info("stream", "the same");
	log_flush();
	assert_int_equal(count(content(path), "info stream: the same\n"), 2);
	log_flush();
	assert_int_equal(count(content(path), "\n"), 2);
}

static void test_same_text_of_another_level_or_subsystem_is_no_repeat(void **state)
{
	(void)state;
	log_info("stream", "the same");
	log_error("stream", "the same");
	log_error("master", "the same");
	assert_int_equal(count(content(path), "the same\n"), 3);
}

static void test_repeat_after_a_while_is_news(void **state)
{
	(void)state;
	log_info("stream", "the same");
	log_info("stream", "the same");
	log_info("stream", "the same");
	now_ms += 5000;
	log_info("stream", "the same");
	assert_matches(content(path), "the same\n[^\n]*repeated 2 times\n[^\n]*the same\n$");
}

static void test_repeats_are_told_in_time_though_no_line_follows(void **state)
{
	int64_t due_ms;

	(void)state;
	log_info("stream", "the same");
	assert_true(log_deadline_ms() == INT64_MAX);
	now_ms += 1000;
	for (int i = 0; i < 3; i++)
		log_info("stream", "the same");
	due_ms = log_deadline_ms();
	assert_true(due_ms > now_ms && due_ms <= now_ms + 5000);
	log_expire(due_ms - 1);
	assert_int_equal(count(content(path), "\n"), 1);
	log_expire(due_ms);
	assert_matches(content(path), "the same\n.* last message repeated 3 times\n$");
	assert_true(log_deadline_ms() == INT64_MAX);
	log_expire(due_ms + 1);
	assert_int_equal(count(content(path), "\n"), 2);
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
	assert_int_equal(count(content(path), "\n"), 1);
	log_flush();
	assert_int_equal(count(content(path), "repeated 2 times"), 1);
}

static void
test_limited_line_is_written_once_per_interval_with_the_count_of_the_others(void **state)
{
	struct log_limit limit = { .interval_ms = 1000 };

	(void)state;
	for (int i = 0; i < 10; i++)
		log_limited(&limit, LOG_LEVEL_WARNING, "guard", "refused %d", i);
	assert_int_equal(count(content(path), "\n"), 1);
	assert_non_null(strstr(content(path), "guard: refused 0\n"));
	now_ms += 1000;
	log_limited(&limit, LOG_LEVEL_WARNING, "guard", "refused again");
	assert_non_null(
	    strstr(content(path), "refused again (9 more like this were not logged)\n"));
	now_ms += 1000;
	log_limited(&limit, LOG_LEVEL_WARNING, "guard", "refused at last");
	assert_non_null(strstr(content(path), "refused at last\n"));
}

static void test_reopen_after_a_rename_writes_to_a_new_file(void **state)
{
	char old[160];

	(void)state;
	snprintf(old, sizeof(old), "%s.1", path);
	log_info("master", "before");
	assert_int_equal(rename(path, old), 0);
	assert_int_equal(log_reopen(), 0);
	log_info("master", "after");
	assert_non_null(strstr(content(old), "before"));
	assert_null(strstr(content(old), "after"));
	assert_non_null(strstr(content(path), "after"));
}

/* A rotation that copies and truncates leaves us the same file. */
static void test_line_goes_to_the_end_of_a_file_that_others_change(void **state)
{
	FILE *f;

	(void)state;
	log_info("master", "before");
	assert_int_equal(truncate(path, 0), 0);
	f = fopen(path, "a");
	assert_non_null(f);
	fputs("of another\n", f);
	fclose(f);
	log_info("master", "after");
	assert_int_equal(strncmp(content(path), "of another\n2", 12), 0);
	assert_non_null(strstr(content(path), "after"));
}

static void test_reopen_that_fails_keeps_the_old_file(void **state)
{
	char old[160];

	(void)state;
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(rename(path, old), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(log_reopen(), -EISDIR);
	log_info("master", "still here");
	assert_int_equal(rmdir(path), 0);
	assert_non_null(strstr(content(old), "still here"));
}

static void test_open_that_fails_keeps_the_sink_so_far(void **state)
{
	const struct log_settings missing = { .program = "echod",
					      .target = LOG_TARGET_FILE,
					      .file = "/nonexistent/log" };
	const struct log_settings journal = { .program = "echod", .target = LOG_TARGET_JOURNAL };

	(void)state;
	assert_int_equal(log_open(&missing), -ENOENT);
	assert_int_equal(log_open(&journal), -EOPNOTSUPP);
	log_info("master", "still here");
	assert_non_null(strstr(content(path), "still here"));
}

static void test_log_fd_is_the_open_file_and_close_on_exec(void **state)
{
	struct stat by_fd, by_path;

	(void)state;
	assert_true(log_fd() > 2);
	assert_true(fcntl(log_fd(), F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(log_fd(), &by_fd), 0);
	assert_int_equal(stat(path, &by_path), 0);
	assert_int_equal(by_fd.st_ino, by_path.st_ino);
}

static void test_errno_survives_a_line(void **state)
{
	(void)state;
	errno = EXDEV;
	log_info("master", "%m");
	assert_int_equal(errno, EXDEV);
	assert_non_null(strstr(content(path), strerror(EXDEV)));
}

/* ---- Fields ---- */

static char seen_fields[256];

static int fake_open(const char *program, const char *file)
{
	(void)program;
	(void)file;
	return 0;
}

static void fake_write(enum log_level level, const char *subsystem, const char *text,
		       const struct log_field *fields, size_t n_fields)
{
	(void)level;
	seen_fields[0] = '\0';
	for (size_t i = 0; i < n_fields; i++)
		snprintf(seen_fields + strlen(seen_fields),
			 sizeof(seen_fields) - strlen(seen_fields), "%s/%s/%s=%s;", subsystem, text,
			 fields[i].name, fields[i].value);
}

static void fake_close(void)
{
}

static const struct log_sink fake_journal = {
	.open = fake_open,
	.write = fake_write,
	.close = fake_close,
};

static void test_fields_reach_the_journal_sink_escaped(void **state)
{
	const struct log_settings settings = { .program = "echod",
					       .target = LOG_TARGET_JOURNAL,
					       .level = LOG_LEVEL_INFO,
					       .journal = &fake_journal };
	const struct log_field fields[] = {
		{ .name = "ECHOD_LISTENER", .value = "echo" },
		{ .name = "ECHOD_PEER", .value = "a\nb" },
	};

	(void)state;
	assert_int_equal(log_open(&settings), 0);
	assert_int_equal(log_fd(), -1);
	log_fields(LOG_LEVEL_INFO, "access", fields, 2, "closed");
	assert_string_equal(seen_fields, "access/closed/ECHOD_LISTENER=echo;"
					 "access/closed/ECHOD_PEER=a\\x0ab;");
}

/* ---- Standard error ---- */

/* Logs one warning with standard error in a pipe, under this $JOURNAL_STREAM shift of the pipe's
 * own inode number (-1: not set), and returns what came out. */
static const char *line_on_stderr(int inode_shift)
{
	const struct log_settings settings = { .program = "echod",
					       .target = LOG_TARGET_STDERR,
					       .level = LOG_LEVEL_INFO };
	static char text[256];
	char stream[64];
	int pipe_fds[2], saved = dup(STDERR_FILENO);
	struct stat st;
	ssize_t n;

	assert_int_equal(pipe(pipe_fds), 0);
	assert_true(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + (unsigned)inode_shift);
	if (inode_shift < 0)
		unsetenv("JOURNAL_STREAM");
	else
		setenv("JOURNAL_STREAM", stream, 1);
	assert_int_equal(log_open(&settings), 0);
	log_warning("master", "said");
	unsetenv("JOURNAL_STREAM");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipe_fds[1]);
	n = read(pipe_fds[0], text, sizeof(text) - 1);
	close(pipe_fds[0]);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void test_stderr_has_program_number_and_level(void **state)
{
	char expected[64];

	(void)state;
	snprintf(expected, sizeof(expected), "echod[%ld]: warning: master: said\n", (long)getpid());
	assert_string_equal(line_on_stderr(-1), expected);
	now_ms += 10000;
	assert_string_equal(line_on_stderr(1), expected);
}

static void test_stderr_that_leads_to_the_journal_has_priority_prefixes(void **state)
{
	(void)state;
	assert_string_equal(line_on_stderr(0), "<4>master: said\n");
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

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
		LOG_TEST(test_reopen_after_a_rename_writes_to_a_new_file),
		LOG_TEST(test_line_goes_to_the_end_of_a_file_that_others_change),
		LOG_TEST(test_reopen_that_fails_keeps_the_old_file),
		LOG_TEST(test_open_that_fails_keeps_the_sink_so_far),
		LOG_TEST(test_log_fd_is_the_open_file_and_close_on_exec),
		LOG_TEST(test_errno_survives_a_line),
		LOG_TEST(test_fields_reach_the_journal_sink_escaped),
		LOG_TEST(test_stderr_has_program_number_and_level),
		LOG_TEST(test_stderr_that_leads_to_the_journal_has_priority_prefixes),
		cmocka_unit_test(test_level_names_and_their_parser_are_mirrors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
