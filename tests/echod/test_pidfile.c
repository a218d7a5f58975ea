/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_pidfile.c: real files and real processes. A second daemon is a second open of the file: the
 * lock belongs to the open file, not to the process.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/echod/keep.h"
#include "src/echod/pidfile.h"

static char directory[64], path[128], other[128];

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_pidfile.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/echod.pid", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	chmod(directory, 0700);
	unlink(path);
	unlink(other);
	return rmdir(directory);
}

static void write_file(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const char *content(const char *file)
{
	static char text[256];
	FILE *f = fopen(file, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static struct pidfile *open_ours(void)
{
	struct pidfile *p = NULL;
	pid_t running = -1;

	assert_int_equal(pidfile_open(path, &p, &running), 0);
	assert_int_equal(running, -1);
	assert_string_equal(pidfile_path(p), path);
	return p;
}

/* A child's end, by force. It has a deadline of its own: alarm(2) does not outlive a fork, and a test
 * that failed kills nobody. */
static _Noreturn void wait_for_the_end(void)
{
	alarm(60);
	for (;;)
		pause();
}

/* Asserts that a second daemon is refused with this number. */
static void assert_busy(pid_t expected)
{
	struct pidfile *p = NULL;
	pid_t running = -1;

	assert_int_equal(pidfile_open(path, &p, &running), -EBUSY);
	assert_int_equal(running, expected);
	assert_null(p);
}

static void test_open_and_write_leave_the_number_and_a_line_feed(void **state)
{
	struct pidfile *p = open_ours();
	struct stat st;

	(void)state;
	assert_int_equal(pidfile_write(p, 4242), 0);
	assert_string_equal(content(path), "4242\n");
	assert_int_equal(pidfile_write(p, 7), 0);
	assert_string_equal(content(path), "7\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0133, 0);
	pidfile_close(p);
}

static void test_clean_end_removes_the_file(void **state)
{
	(void)state;
	pidfile_close(open_ours());
	assert_int_equal(access(path, F_OK), -1);
	pidfile_close(open_ours());
	pidfile_close(NULL);
	pidfile_abandon(NULL);
}

static void test_second_daemon_is_refused_with_the_number_of_the_first(void **state)
{
	struct pidfile *p = open_ours();

	(void)state;
	assert_busy(0); /* not written yet */
	assert_int_equal(pidfile_write(p, 4242), 0);
	assert_busy(4242);
	assert_string_equal(content(path), "4242\n");
	pidfile_close(p);
}

static void test_stale_file_is_no_obstacle(void **state)
{
	struct pidfile *p;

	(void)state;
	write_file(path, "1234567890123 and more\n");
	p = open_ours();
	assert_busy(0);
	assert_int_equal(pidfile_write(p, getpid()), 0);
	assert_busy(getpid());
	pidfile_close(p);
}

static void test_lock_ends_with_its_process_even_by_kill(void **state)
{
	int fds[2], status;
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		struct pidfile *p = open_ours();

		pidfile_write(p, getpid());
		dprintf(fds[1], "x");
		wait_for_the_end();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_busy(child);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(access(path, F_OK), 0);
	pidfile_close(open_ours());
	close(fds[0]);
	close(fds[1]);
}

/* Forks a worker that lets go of its copy in this way (0 not at all, 1 pidfile_abandon, 2 close_range),
 * and ends it by force. */
static void run_and_kill_worker(struct pidfile *p, int way)
{
	int fds[2], status;
	pid_t child;
	char byte;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		if (way == 1)
			pidfile_abandon(p);
		if (way == 2)
			keep_only(&fds[1], 1);
		dprintf(fds[1], "x");
		wait_for_the_end();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_busy(4242);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(fds[0]);
	close(fds[1]);
}

static void test_worker_that_dies_does_not_release_the_lock(void **state)
{
	struct pidfile *p = open_ours();

	(void)state;
	assert_int_equal(pidfile_write(p, 4242), 0);
	for (int way = 0; way < 3; way++) {
		run_and_kill_worker(p, way);
		assert_busy(4242);
		assert_string_equal(content(path), "4242\n");
	}
	pidfile_close(p);
}

/* The master is gone, a worker that let go of its copy is not. */
static void test_worker_that_outlives_the_master_does_not_keep_the_lock(void **state)
{
	struct pidfile *p = open_ours();
	int fds[2];
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		keep_only(&fds[1], 1);
		dprintf(fds[1], "x");
		wait_for_the_end();
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	pidfile_abandon(p); /* closes without removing, as a kill of the master does */
	pidfile_close(open_ours());
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_file_of_somebody_else_in_our_place_is_left_alone(void **state)
{
	struct pidfile *p = open_ours();

	(void)state;
	assert_int_equal(rename(path, other), 0);
	write_file(path, "5555\n");
	pidfile_write(p, 4242);
	pidfile_close(p);
	assert_string_equal(content(path), "5555\n");
	assert_string_equal(content(other), "");
}

/* Root may remove it in spite of the mode, and another user cannot hold a file in a directory that
 * is not his without root's help; so root makes it, becomes nobody and ends cleanly. */
static void test_end_without_the_right_to_remove_truncates(void **state)
{
	struct pidfile *p;
	int status;
	pid_t child;

	(void)state;
	p = open_ours();
	assert_int_equal(pidfile_write(p, 4242), 0);
	assert_int_equal(chmod(directory, 0555), 0);
	child = fork();
	if (child == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(1);
		pidfile_close(p);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(content(path), "");
	assert_int_equal(chmod(directory, 0700), 0);
	pidfile_close(p);
}

static void test_what_is_no_plain_file_is_refused(void **state)
{
	struct pidfile *p = NULL;
	pid_t running;

	(void)state;
	write_file(other, "precious\n");
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(pidfile_open(path, &p, &running), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(link(other, path), 0);
	assert_int_equal(pidfile_open(path, &p, &running), -EINVAL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pidfile_open(path, &p, &running), -EINVAL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(pidfile_open(path, &p, &running), -EISDIR);
	assert_int_equal(rmdir(path), 0);
	assert_string_equal(content(other), "precious\n");
	assert_int_equal(pidfile_open("/nonexistent/echod.pid", &p, &running), -ENOENT);
}

/* Many starts and clean ends at once: at most one holds the file at any time. */
static void contend(int witness)
{
	for (int i = 0; i < 200; i++) {
		struct pidfile *p;
		pid_t running;
		char byte = 0;

		if (pidfile_open(path, &p, &running) < 0)
			continue;
		if (pread(witness, &byte, 1, 0) < 0 || byte == 'x')
			_exit(1);
		if (pwrite(witness, "x", 1, 0) != 1 || pwrite(witness, "-", 1, 0) != 1)
			_exit(2);
		pidfile_close(p);
	}
	_exit(0);
}

static void test_never_two_holders_while_files_come_and_go(void **state)
{
	int witness = open(other, O_RDWR | O_CREAT, 0600);
	pid_t children[4];

	(void)state;
	assert_true(witness >= 0);
	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0)
			contend(witness);
	}
	for (int i = 0; i < 4; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	close(witness);
}

#define PIDFILE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIDFILE_TEST(test_open_and_write_leave_the_number_and_a_line_feed),
		PIDFILE_TEST(test_clean_end_removes_the_file),
		PIDFILE_TEST(test_second_daemon_is_refused_with_the_number_of_the_first),
		PIDFILE_TEST(test_stale_file_is_no_obstacle),
		PIDFILE_TEST(test_lock_ends_with_its_process_even_by_kill),
		PIDFILE_TEST(test_worker_that_dies_does_not_release_the_lock),
		PIDFILE_TEST(test_worker_that_outlives_the_master_does_not_keep_the_lock),
		PIDFILE_TEST(test_file_of_somebody_else_in_our_place_is_left_alone),
		PIDFILE_TEST(test_end_without_the_right_to_remove_truncates),
		PIDFILE_TEST(test_what_is_no_plain_file_is_refused),
		PIDFILE_TEST(test_never_two_holders_while_files_come_and_go),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
