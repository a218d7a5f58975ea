/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * daemonize.c: the channel between the daemon and the first process is a socket pair that carries,
 * in this order, the daemon's number (a pid_t), one byte (0 = ready, else the exit code), and with
 * a failure its text; then it ends. A socket, because send(2) can go without SIGPIPE when the first
 * process was interrupted.
 */
#include "build.h"

#include "src/echod/daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "src/echod/keep.h"
#include "src/echod/signals.h"

/* ---- The daemon's end ---- */

static void tell(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* nobody waits any more */
		p += done;
		n -= (size_t)done;
	}
}

static void tell_code(struct daemonize *d, int exit_code, const char *text)
{
	uint8_t byte = (uint8_t)exit_code;

	if (d->fd < 0)
		return;
	tell(d->fd, &byte, 1);
	tell(d->fd, text, strlen(text));
	daemonize_abandon(d);
}

void daemonize_ready(struct daemonize *d)
{
	tell_code(d, 0, "");
}

void daemonize_abandon(struct daemonize *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

static void print_text(const char *text)
{
	size_t n = strlen(text);

	fprintf(stderr, "%s%s", text, n > 0 && text[n - 1] == '\n' ? "" : "\n");
	fflush(stderr);
}

int daemonize_fail(struct daemonize *d, int exit_code, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		text = NULL; /* its value is undefined then */
	if (d->fd >= 0)
		tell_code(d, exit_code, text ? text : format);
	else if (!d->background)
		print_text(text ? text : format);
	return exit_code;
}

/* ---- The first process ---- */

/* The number of bytes that came: fewer than n when the channel ended. */
static size_t hear(int fd, void *ret_data, size_t n)
{
	char *p = ret_data;
	size_t got = 0;

	while (got < n) {
		ssize_t done = read(fd, p + got, n - got);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;
		got += (size_t)done;
	}
	return got;
}

/* The daemon is our child where the system made us its reaper, as soon as the session leader, its
 * parent, has gone. */
static void print_death(pid_t leader, pid_t daemon)
{
	int status = 0;

	waitpid(leader, NULL, 0);
	if (daemon <= 0 || waitpid(daemon, &status, 0) != daemon)
		print_text("echod: the daemon ended before it was ready");
	else if (WIFSIGNALED(status))
		fprintf(stderr,
			"echod: the daemon was ended by signal %d (%s) before it was ready\n",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		fprintf(stderr, "echod: the daemon ended with exit code %d before it was ready\n",
			WEXITSTATUS(status));
}

static void print_rest(int fd)
{
	char text[4096], last = '\n';
	size_t n;

	while ((n = hear(fd, text, sizeof(text))) > 0) {
		fwrite(text, 1, n, stderr);
		last = text[n - 1];
	}
	if (last != '\n')
		fputc('\n', stderr);
}

/* What the daemon made is gone with it: whoever sees us end may try again. */
static void wait_for_end(pid_t leader, pid_t daemon)
{
	waitpid(leader, NULL, 0);
	if (daemon > 0)
		waitpid(daemon, NULL, 0);
}

static _Noreturn void wait_for_word(pid_t leader, int fd)
{
	uint8_t exit_code = EXIT_FAILURE;
	pid_t daemon = 0;

	if (hear(fd, &daemon, sizeof(daemon)) < sizeof(daemon)) {
		print_death(leader, 0);
	} else if (hear(fd, &exit_code, 1) < 1) {
		print_death(leader, daemon);
	} else if (exit_code != 0) {
		print_rest(fd);
		wait_for_end(leader, daemon);
	}
	fflush(stderr);
	_exit(exit_code);
}

/* So that the daemon becomes our child when the session leader is gone, and its death has a name. */
static void become_reaper(void)
{
#ifdef PR_SET_CHILD_SUBREAPER
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* without it the reason is shorter, that is all */
#endif
}

/* ---- The way into the background ---- */

static int null_standard_streams(void)
{
	int fd = open("/dev/null", O_RDWR | O_NOCTTY);
	int r = 0;

	if (fd < 0)
		return -errno;
	for (int i = 0; i <= STDERR_FILENO && r == 0; i++)
		r = dup2(fd, i) < 0 ? -errno : 0;
	if (fd > STDERR_FILENO)
		close(fd);
	return r;
}

/* In the session leader's child. */
static int settle(struct daemonize *d)
{
	pid_t self = getpid();
	int r;

	tell(d->fd, &self, sizeof(self));
	umask(022);
	if (chdir("/") < 0)
		_exit(
		    daemonize_fail(d, EXIT_FAILURE, "echod: cannot go to /: %s", strerror(errno)));
	r = null_standard_streams();
	if (r < 0)
		_exit(daemonize_fail(d, EXIT_FAILURE, "echod: /dev/null: %s", strerror(-r)));
	return 0;
}

/* In the first child: a session of its own, and then a process that leads none, so that no terminal
 * it opens becomes its own. */
static void fork_from_session_leader(struct daemonize *d)
{
	pid_t child;

	setsid(); /* cannot fail: a new process leads no group */
	child = fork();
	if (child < 0) {
		pid_t self = getpid();
		int error = errno;

		tell(d->fd, &self, sizeof(self));
		_exit(daemonize_fail(d, EXIT_FAILURE, "echod: fork: %s", strerror(error)));
	}
	if (child > 0)
		_exit(EXIT_SUCCESS);
}

int daemonize_begin(struct daemonize *ret_daemonize)
{
	struct daemonize d = { .fd = -1, .background = true };
	int fds[2], r = keep_only(NULL, 0);
	pid_t child;

	if (r < 0)
		return r;
	signals_reset();
	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	become_reaper();
	child = fork();
	if (child < 0) {
		r = -errno;
		close(fds[0]);
		close(fds[1]);
		return r;
	}
	close(fds[child > 0]);
	if (child > 0)
		wait_for_word(child, fds[0]);
	d.fd = fds[1];
	fork_from_session_leader(&d);
	r = settle(&d);
	*ret_daemonize = d;
	return r;
}
