/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_daemonize.c: real daemons. A forked child is the first process; its exit code and standard
 * error are what a user of `echod --daemon` sees. The test adopts the daemons (it is their reaper),
 * so that none outlives it.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/echod/daemonize.h"
#include "src/echod/keep.h"

static char directory[64], facts[128], fifo[128];

/* What a first process left behind. */
struct outcome {
	int status; /* of waitpid(2) */
	char text[262144];
};

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_daemonize.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(facts, sizeof(facts), "%s/facts", directory);
	snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
	return mkfifo(fifo, 0600);
}

static int tear_down(void **state)
{
	(void)state;
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		; /* every daemon of the test */
	unlink(facts);
	unlink(fifo);
	return rmdir(directory);
}

/* Starts a first process whose daemon does this. Its standard error can be read from *ret_fd. */
static pid_t start(void (*daemon_does)(struct daemonize *d), int *ret_fd)
{
	int fds[2];
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		struct daemonize d;

		dup2(fds[1], STDERR_FILENO);
		if (daemonize_begin(&d) < 0)
			_exit(99);
		alarm(60); /* a test that failed may never open the FIFO */
		daemon_does(&d);
		_exit(0);
	}
	close(fds[1]);
	*ret_fd = fds[0];
	return child;
}

static const struct outcome *finish(pid_t child, int fd)
{
	static struct outcome o;
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, o.text + used, sizeof(o.text) - 1 - used)) > 0)
		used += (size_t)n;
	o.text[used] = '\0';
	close(fd);
	assert_int_equal(waitpid(child, &o.status, 0), child);
	return &o;
}

static void assert_outcome(void (*daemon_does)(struct daemonize *d), int exit_code,
			   const char *text)
{
	int fd;
	pid_t child = start(daemon_does, &fd);
	const struct outcome *o = finish(child, fd);

	assert_true(WIFEXITED(o->status));
	assert_int_equal(WEXITSTATUS(o->status), exit_code);
	assert_string_equal(o->text, text);
}

/* ---- The state of a daemon ---- */

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static bool is_default_and_unblocked(int signo)
{
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	return sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_DFL &&
	       !sigismember(&mask, signo);
}

static int highest_open_fd(void)
{
	for (int fd = 1023; fd > 0; fd--) {
		if (fcntl(fd, F_GETFD) >= 0)
			return fd;
	}
	return -1;
}

static void write_facts(struct daemonize *d)
{
	char cwd[256] = "";
	mode_t mask = umask(022);
	int highest = highest_open_fd();
	FILE *f = fopen(facts, "w");

	if (!f || !getcwd(cwd, sizeof(cwd)))
		_exit(1);
	fprintf(f, "cwd=%s umask=%03o null=%d%d%d", cwd, (unsigned)mask, is_null(0), is_null(1),
		is_null(2));
	fprintf(f, " session=%s leader=%d", getsid(0) == getpgrp() ? "own" : "other",
		getsid(0) == getpid());
	fprintf(f, " terminal=%d", open("/dev/tty", O_RDWR) >= 0);
	fprintf(f, " usr1=%d hup=%d", is_default_and_unblocked(SIGUSR1),
		is_default_and_unblocked(SIGHUP));
	fprintf(f, " channel=%d", highest == d->fd);
	fclose(f);
	daemonize_ready(d);
}

static void test_daemon_has_a_clean_state_of_its_own(void **state)
{
	char text[512] = "";
	mode_t mask = umask(077);
	sigset_t hup;
	int fd;
	FILE *f;

	(void)state;
	sigemptyset(&hup);
	sigaddset(&hup, SIGHUP);
	sigprocmask(SIG_BLOCK, &hup, NULL);
	signal(SIGUSR1, SIG_IGN);
	fd = dup2(STDOUT_FILENO, 77);
	assert_outcome(write_facts, 0, "");
	close(fd);
	signal(SIGUSR1, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &hup, NULL);
	umask(mask);
	f = fopen(facts, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "cwd=/ umask=022 null=111 session=own leader=0 terminal=0 "
				  "usr1=1 hup=1 channel=1");
}

/* ---- What the first process says ---- */

static void wait_at_fifo(void)
{
	char byte;
	int fd = open(fifo, O_RDONLY);

	while (fd >= 0 && read(fd, &byte, 1) > 0)
		;
	close(fd);
}

static void ready_after_fifo(struct daemonize *d)
{
	wait_at_fifo();
	daemonize_ready(d);
	daemonize_ready(d);
	daemonize_fail(d, 5, "too late\n");
}

static void test_first_process_waits_until_the_daemon_is_ready(void **state)
{
	const struct outcome *o;
	int err, status, fd;
	pid_t child = start(ready_after_fifo, &err);

	(void)state;
	fd = open(fifo, O_WRONLY); /* returns when the daemon is there */
	assert_true(fd >= 0);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	close(fd);
	o = finish(child, err);
	assert_int_equal(o->status, 0);
	assert_string_equal(o->text, "");
}

static void fail_with_78(struct daemonize *d)
{
	_exit(daemonize_fail(d, 78, "echod: %s:%d: no", "/etc/echod.conf", 3));
}

static void test_reason_of_the_daemon_is_printed_and_its_code_is_ours(void **state)
{
	(void)state;
	assert_outcome(fail_with_78, 78, "echod: /etc/echod.conf:3: no\n");
}

static void fail_with_two_lines(struct daemonize *d)
{
	_exit(daemonize_fail(d, 1, "one\ntwo\n"));
}

static void test_reason_of_several_lines_is_printed_as_it_is(void **state)
{
	(void)state;
	assert_outcome(fail_with_two_lines, 1, "one\ntwo\n");
}

static void fail_at_length(struct daemonize *d)
{
	_exit(daemonize_fail(d, 1, "%0100000d", 7));
}

static void test_long_reason_is_printed_to_its_end(void **state)
{
	int fd;
	pid_t child = start(fail_at_length, &fd);
	const struct outcome *o = finish(child, fd);

	(void)state;
	assert_int_equal(WEXITSTATUS(o->status), 1);
	assert_int_equal(strlen(o->text), 100001);
	assert_string_equal(o->text + 99999, "7\n");
}

static void die(struct daemonize *d)
{
	(void)d;
	raise(SIGKILL);
}

static void test_daemon_that_is_killed_without_a_word_is_a_reason_too(void **state)
{
	(void)state;
	assert_outcome(die, 1,
		       "echod: the daemon was ended by signal 9 (Killed) before it was ready\n");
}

static void exit_without_a_word(struct daemonize *d)
{
	(void)d;
	_exit(3);
}

static void test_daemon_that_exits_without_a_word_is_a_reason_too(void **state)
{
	(void)state;
	assert_outcome(exit_without_a_word, 1,
		       "echod: the daemon ended with exit code 3 before it was ready\n");
}

static void die_with_a_worker(struct daemonize *d)
{
	if (fork() == 0) {
		alarm(60);
		keep_only(NULL, 0);
		wait_at_fifo();
		_exit(0);
	}
	die(d);
}

static void test_worker_that_lives_on_does_not_hide_the_death_of_the_daemon(void **state)
{
	int fd;

	(void)state;
	assert_outcome(die_with_a_worker, 1,
		       "echod: the daemon was ended by signal 9 (Killed) before it was ready\n");
	fd = open(fifo, O_WRONLY);
	assert_true(fd >= 0);
	close(fd);
}

static void ready_and_tell(struct daemonize *d)
{
	FILE *f;

	wait_at_fifo();
	daemonize_ready(d);
	f = fopen(facts, "w");
	if (f)
		fclose(f);
}

static void test_daemon_survives_a_first_process_that_was_interrupted(void **state)
{
	int err, fd;
	pid_t child = start(ready_and_tell, &err);

	(void)state;
	fd = open(fifo, O_WRONLY);
	assert_true(fd >= 0);
	kill(child, SIGINT);
	assert_int_equal(WTERMSIG(finish(child, err)->status), SIGINT);
	close(fd);
	while (waitpid(-1, NULL, 0) > 0)
		; /* the daemon, to its end */
	assert_int_equal(access(facts, F_OK), 0);
}

static void test_in_the_foreground_the_reason_goes_to_standard_error(void **state)
{
	struct daemonize d = DAEMONIZE_FOREGROUND;
	int fds[2], saved = dup(STDERR_FILENO);
	char text[64];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	daemonize_ready(&d);
	assert_int_equal(daemonize_fail(&d, 78, "echod: %s", "no"), 78);
	daemonize_abandon(&d);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	n = read(fds[0], text, sizeof(text));
	close(fds[0]);
	assert_int_equal(n, strlen("echod: no\n"));
	assert_memory_equal(text, "echod: no\n", (size_t)n);
}

#define DAEMONIZE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMONIZE_TEST(test_daemon_has_a_clean_state_of_its_own),
		DAEMONIZE_TEST(test_first_process_waits_until_the_daemon_is_ready),
		DAEMONIZE_TEST(test_reason_of_the_daemon_is_printed_and_its_code_is_ours),
		DAEMONIZE_TEST(test_reason_of_several_lines_is_printed_as_it_is),
		DAEMONIZE_TEST(test_long_reason_is_printed_to_its_end),
		DAEMONIZE_TEST(test_daemon_that_is_killed_without_a_word_is_a_reason_too),
		DAEMONIZE_TEST(test_daemon_that_exits_without_a_word_is_a_reason_too),
		DAEMONIZE_TEST(test_worker_that_lives_on_does_not_hide_the_death_of_the_daemon),
		DAEMONIZE_TEST(test_daemon_survives_a_first_process_that_was_interrupted),
		cmocka_unit_test(test_in_the_foreground_the_reason_goes_to_standard_error),
	};

	alarm(60);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
