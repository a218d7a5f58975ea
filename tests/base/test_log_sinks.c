/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_log_sinks.c: where lines go: a file that others rename, change or take away, the journal (a fake
 * of it), and standard error, which is a pipe here.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/log.h"
#include "tests/base/log_play.h"

/* ---- A file ---- */

static void test_reopen_after_a_rename_writes_to_a_new_file(void **state)
{
	char old[160];

	(void)state;
	snprintf(old, sizeof(old), "%s.1", log_play_path);
	log_info("master", "before");
	assert_int_equal(rename(log_play_path, old), 0);
	assert_int_equal(log_reopen(), 0);
	log_info("master", "after");
	assert_non_null(strstr(log_play_content(old), "before"));
	assert_null(strstr(log_play_content(old), "after"));
	assert_non_null(strstr(log_play_content(log_play_path), "after"));
}

/* A rotation that copies and truncates leaves us the same file. */
static void test_line_goes_to_the_end_of_a_file_that_others_change(void **state)
{
	FILE *f;

	(void)state;
	log_info("master", "before");
	assert_int_equal(truncate(log_play_path, 0), 0);
	f = fopen(log_play_path, "a");
	assert_non_null(f);
	fputs("of another\n", f);
	fclose(f);
	log_info("master", "after");
	assert_int_equal(strncmp(log_play_content(log_play_path), "of another\n2", 12), 0);
	assert_non_null(strstr(log_play_content(log_play_path), "after"));
}

static void test_reopen_that_fails_keeps_the_old_file(void **state)
{
	char old[160];

	(void)state;
	snprintf(old, sizeof(old), "%s.1", log_play_path);
	assert_int_equal(rename(log_play_path, old), 0);
	assert_int_equal(mkdir(log_play_path, 0700), 0);
	assert_int_equal(log_reopen(), -EISDIR);
	log_info("master", "still here");
	assert_int_equal(rmdir(log_play_path), 0);
	assert_non_null(strstr(log_play_content(old), "still here"));
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
	assert_non_null(strstr(log_play_content(log_play_path), "still here"));
}

static void test_log_fd_is_the_open_file_and_close_on_exec(void **state)
{
	struct stat by_fd, by_path;

	(void)state;
	assert_true(log_fd() > 2);
	assert_true(fcntl(log_fd(), F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(log_fd(), &by_fd), 0);
	assert_int_equal(stat(log_play_path, &by_path), 0);
	assert_int_equal(by_fd.st_ino, by_path.st_ino);
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
	log_play_ms += 10000;
	assert_string_equal(line_on_stderr(1), expected);
}

static void test_stderr_that_leads_to_the_journal_has_priority_prefixes(void **state)
{
	(void)state;
	assert_string_equal(line_on_stderr(0), "<4>master: said\n");
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, log_play_setup, log_play_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_reopen_after_a_rename_writes_to_a_new_file),
		LOG_TEST(test_line_goes_to_the_end_of_a_file_that_others_change),
		LOG_TEST(test_reopen_that_fails_keeps_the_old_file),
		LOG_TEST(test_open_that_fails_keeps_the_sink_so_far),
		LOG_TEST(test_log_fd_is_the_open_file_and_close_on_exec),
		LOG_TEST(test_fields_reach_the_journal_sink_escaped),
		LOG_TEST(test_stderr_has_program_number_and_level),
		LOG_TEST(test_stderr_that_leads_to_the_journal_has_priority_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
