/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * interrupt.c: the self-pipe. The two ends live as long as the process, because a signal may come
 * until its end.
 */
#include "multiconn/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"

/* What is just being printed is printed whole, to whatever slow reader; poll(2) and its like are
 * interrupted all the same. A second signal need not wait for the handler of the first. */
#define SIGNAL_FLAGS ((int)(SA_RESETHAND | SA_NODEFER | SA_RESTART))

static volatile sig_atomic_t seen;
static int ends[2] = { -1, -1 };

/* What the handler says itself, when ready. */
static volatile sig_atomic_t answers;
static char *answer;
static size_t answer_length;
static int answer_code;

/* Only what a handler may call. */
static bool write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		const ssize_t written = write(fd, bytes, n);

		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		} else if (written == 0 || errno != EINTR) {
			return false;
		}
	}
	return true;
}

static _Noreturn void answer_and_end(void)
{
	static const char fault[] = "multiconn: standard output could not be written\n";

	if (!write_all(STDOUT_FILENO, answer, answer_length))
		(void)write_all(STDERR_FILENO, fault, sizeof(fault) - 1);
	_exit(answer_code);
}

/* Also what a handler may call. */
static int take_signal(int number, void (*handler)(int number), int flags)
{
	struct sigaction action = { .sa_flags = flags };

	action.sa_handler = handler;
	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, NULL) < 0 ? -errno : 0;
}

/* The next one ends the process, whichever of the two it is. */
static void on_signal(int number UNUSED)
{
	int saved = errno;

	(void)take_signal(SIGINT, SIG_DFL, 0);
	(void)take_signal(SIGTERM, SIG_DFL, 0);
	seen = 1;
	if (answers)
		answer_and_end();
	(void)write_all(ends[1], "", 1);
	errno = saved;
}

int interrupt_open(int *ret_fd)
{
	int r = net_socketpair(ends);

	if (r == 0)
		r = take_signal(SIGPIPE, SIG_IGN, 0);
	if (r == 0)
		r = take_signal(SIGINT, on_signal, SIGNAL_FLAGS);
	if (r == 0)
		r = take_signal(SIGTERM, on_signal, SIGNAL_FLAGS);
	if (r == 0)
		*ret_fd = ends[0];
	return r;
}

void interrupt_answer(char *text, size_t length, int code)
{
	answer = text;
	answer_length = length;
	answer_code = code;
	atomic_signal_fence(memory_order_release);
	answers = 1;
}

void interrupt_loop(void)
{
	answers = 0;
	atomic_signal_fence(memory_order_release);
	free(answer);
	answer = NULL;
}

bool interrupt_seen(void)
{
	return seen;
}
