/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * signals.c: the self-pipe. The handler writes the signal's number, one byte, to a non-blocking
 * pipe, and only in the process that opened it: a child that has not reached signals_in_child() yet
 * must not speak for its parent. A full pipe loses a signal that came 65,536 times.
 */
#include "build.h"

#include "src/echod/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "echod/attr.h"

struct signals {
	int fds[2]; /* what we read from, what the handler writes to */
};

static const int read_signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD };
static const int ignored_in_child[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE };

/* For the handler, which takes no argument. */
static volatile sig_atomic_t handler_fd = -1;
static volatile pid_t handler_pid;

static void handler(int signo)
{
	int saved_errno = errno;
	uint8_t byte = (uint8_t)signo;

	if (getpid() == handler_pid) {
		while (write(handler_fd, &byte, 1) < 0 && errno == EINTR)
			;
	}
	errno = saved_errno;
}

static void set_disposition(int signo, void (*how)(int))
{
	struct sigaction action = { .sa_handler = how, .sa_flags = SA_RESTART | SA_NOCLDSTOP };

	sigfillset(&action.sa_mask);
	sigaction(signo, &action, NULL);
}

static void unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A pipe that blocked would stop the loop for good at the first signal. */
static int open_pipe(int ret_fds[static 2])
{
	int r = 0;

	if (pipe(ret_fds) < 0)
		return -errno;
	for (int i = 0; i < 2 && r == 0; i++)
		if (fcntl(ret_fds[i], F_SETFD, FD_CLOEXEC) < 0 ||
		    fcntl(ret_fds[i], F_SETFL, O_NONBLOCK) < 0)
			r = -errno;
	for (int i = 0; i < 2 && r < 0; i++)
		close(ret_fds[i]);
	return r;
}

int signals_open(struct signals **ret_signals)
{
	struct signals *s;
	int r;

	if (handler_fd >= 0 && handler_pid == getpid())
		return -EBUSY;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	r = open_pipe(s->fds);
	if (r < 0) {
		free(s);
		return r;
	}
	handler_pid = getpid();
	handler_fd = s->fds[1];
	for (size_t i = 0; i < ARRAY_LENGTH(read_signals); i++)
		set_disposition(read_signals[i], handler);
	set_disposition(SIGPIPE, SIG_IGN);
	unblock_all();
	*ret_signals = s;
	return 0;
}

void signals_close(struct signals *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(read_signals); i++)
		set_disposition(read_signals[i], SIG_DFL);
	set_disposition(SIGPIPE, SIG_DFL);
	handler_fd = -1;
	close(s->fds[0]);
	close(s->fds[1]);
	free(s);
}

int signals_fd(const struct signals *s)
{
	return s->fds[0];
}

int signals_next(struct signals *s)
{
	uint8_t byte = 0;
	ssize_t n;

	do
		n = read(s->fds[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? byte : 0;
}

/* SIGKILL and SIGSTOP refuse, and so do numbers that are no signals: nothing to do there. */
static void default_dispositions(void)
{
	for (int signo = 1; signo < NSIG; signo++)
		set_disposition(signo, SIG_DFL);
	handler_fd = -1;
}

void signals_reset(void)
{
	default_dispositions();
	unblock_all();
}

/* A parent may have blocked them: what is pending meets SIG_IGN before the mask is emptied. */
void signals_in_child(void)
{
	default_dispositions();
	for (size_t i = 0; i < ARRAY_LENGTH(ignored_in_child); i++)
		set_disposition(ignored_in_child[i], SIG_IGN);
	unblock_all();
}

#ifdef PR_SET_PDEATHSIG
int signals_die_with_parent(pid_t parent, int signo)
{
	if (prctl(PR_SET_PDEATHSIG, signo) < 0)
		return -errno;
	if (getppid() != parent && raise(signo) != 0)
		return -errno;
	return 0;
}
#else
int signals_die_with_parent(pid_t parent UNUSED, int signo UNUSED)
{
	return 0;
}
#endif
