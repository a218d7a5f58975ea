/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * interrupt.c: the self-pipe. The two ends live as long as the process, because a signal may come
 * until its end.
 */
#include "multiconn/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "echod/net.h"

static volatile sig_atomic_t seen;
static int ends[2] = { -1, -1 };

static void on_signal(int number)
{
	int saved = errno;
	ssize_t n;

	(void)number;
	seen = 1;
	do
		n = write(ends[1], "", 1);
	while (n < 0 && errno == EINTR);
	errno = saved;
}

static int take_signal(int number, void (*handler)(int number), int flags)
{
	struct sigaction action = { .sa_flags = flags };

	action.sa_handler = handler;
	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, NULL) < 0 ? -errno : 0;
}

int interrupt_open(int *ret_fd)
{
	int r = net_socketpair(ends);

	if (r == 0)
		r = take_signal(SIGPIPE, SIG_IGN, 0);
	if (r == 0)
		r = take_signal(SIGINT, on_signal, (int)SA_RESETHAND);
	if (r == 0)
		r = take_signal(SIGTERM, on_signal, (int)SA_RESETHAND);
	if (r == 0)
		*ret_fd = ends[0];
	return r;
}

bool interrupt_seen(void)
{
	return seen;
}
