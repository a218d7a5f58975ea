/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_log_sinks.c: the sinks whose other end has a fixed place, the journal's and syslog's. The
 * program moves to a mount namespace of its own, with an empty /run and /dev, and binds the sockets
 * there itself; where it may not do that, it is skipped.
 *
 * What matters most is a forked worker: both libraries keep a descriptor of their own, and a line
 * must never reach whatever gets that number after keep_only().
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/log.h"
#include "src/echod/keep.h"
#include "src/echod/log_journal.h"

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define SYSLOG_PATH  "/dev/log"

static int receiver = -1;

static bool move_to_own_places(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", "/run", "tmpfs", 0, NULL) == 0 &&
	       mount("tmpfs", "/dev", "tmpfs", 0, NULL) == 0 && mkdir("/run/systemd", 0755) == 0 &&
	       mkdir("/run/systemd/journal", 0755) == 0 &&
	       close(open("/dev/null", O_CREAT | O_WRONLY, 0600)) == 0;
}

static void bind_receiver(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, path);
	receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(receiver, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static int tear_down(void **state)
{
	(void)state;
	log_close();
	close(receiver);
	unlink(JOURNAL_PATH);
	unlink(SYSLOG_PATH);
	return 0;
}

/* The next datagram; "" when there is none. It is there when the sender's call returned. */
static const char *heard(void)
{
	static char text[8192];
	ssize_t n = recv(receiver, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static int open_log(enum log_target target)
{
	const struct log_settings settings = { .program = "echod",
					       .target = target,
					       .level = LOG_LEVEL_INFO,
					       .journal = log_journal() };

	return log_open(&settings);
}

/* In a child: everything is closed, the free numbers are taken by one end of a socket pair, and a
 * line is written, which must not come out at the other end. */
static void run_worker(void)
{
	int pair[2], kept;
	char byte;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) < 0)
		_exit(1);
	kept = fcntl(pair[0], F_DUPFD, 500);
	if (keep_only(&kept, 1) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		_exit(2);
	for (int i = 0; i < 40; i++) {
		if (dup(pair[0]) < 0)
			_exit(4);
	}
	log_warning("worker", "from the child");
	_exit(recv(pair[1], &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN ? 0 : 3);
}

static void assert_worker_writes_to_its_own_place(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		run_worker();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* ---- The journal ---- */

static void test_journal_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	if (!log_journal())
		skip();
	assert_int_equal(open_log(LOG_TARGET_JOURNAL), -ENOENT);
}

static void test_journal_gets_structured_fields(void **state)
{
	const struct log_field fields[] = { { .name = "ECHOD_LISTENER", .value = "echo" } };
	const char *text;

	(void)state;
	if (!log_journal())
		skip();
	bind_receiver(JOURNAL_PATH);
	assert_int_equal(open_log(LOG_TARGET_JOURNAL), 0);
	log_fields(LOG_LEVEL_WARNING, "master", fields, 1, "worker %d died", 2);
	text = heard();
	assert_non_null(strstr(text, "MESSAGE=master: worker 2 died\n"));
	assert_non_null(strstr(text, "PRIORITY=4\n"));
	assert_non_null(strstr(text, "SYSLOG_IDENTIFIER=echod\n"));
	assert_non_null(strstr(text, "ECHOD_SUBSYSTEM=master\n"));
	assert_non_null(strstr(text, "ECHOD_LISTENER=echo\n"));
	assert_null(strstr(text, "CODE_FILE"));
}

static void test_worker_writes_to_the_journal_and_nowhere_else(void **state)
{
	(void)state;
	if (!log_journal())
		skip();
	bind_receiver(JOURNAL_PATH);
	assert_int_equal(open_log(LOG_TARGET_JOURNAL), 0);
	log_warning("master", "from the parent");
	assert_non_null(strstr(heard(), "MESSAGE=master: from the parent\n"));
	assert_true(log_fd() > 2);
	assert_worker_writes_to_its_own_place();
	assert_non_null(strstr(heard(), "MESSAGE=worker: from the child\n"));
}

/* ---- syslog ---- */

static void test_syslog_gets_priority_program_and_text(void **state)
{
	char expected[64];
	const char *text;

	(void)state;
	bind_receiver(SYSLOG_PATH);
	assert_int_equal(open_log(LOG_TARGET_SYSLOG), 0);
	log_warning("master", "100%% %s", "%s%n");
	text = heard();
	snprintf(expected, sizeof(expected), "echod[%ld]: master: 100%% %%s%%n", (long)getpid());
	assert_int_equal(strncmp(text, "<28>", 4), 0); /* daemon.warning */
	assert_non_null(strstr(text, expected));
}

static void test_worker_writes_to_syslog_and_nowhere_else(void **state)
{
	(void)state;
	bind_receiver(SYSLOG_PATH);
	assert_int_equal(open_log(LOG_TARGET_SYSLOG), 0);
	log_warning("master", "from the parent");
	assert_non_null(strstr(heard(), "from the parent"));
	assert_worker_writes_to_its_own_place();
	assert_non_null(strstr(heard(), "]: worker: from the child"));
}

#define SINK_TEST(f) cmocka_unit_test_teardown(f, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SINK_TEST(test_journal_that_is_not_there_is_an_error),
		SINK_TEST(test_journal_gets_structured_fields),
		SINK_TEST(test_worker_writes_to_the_journal_and_nowhere_else),
		SINK_TEST(test_syslog_gets_priority_program_and_text),
		SINK_TEST(test_worker_writes_to_syslog_and_nowhere_else),
	};

	if (!move_to_own_places()) {
		printf("needs the right to a mount namespace of its own: %s\n", strerror(errno));
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
