/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_signals.c: the self-pipe, which lives as long as the process.
 */
#include "echoctl/top_signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"

static const int ends_us[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static const int others[] = { SIGTSTP, SIGCONT, SIGWINCH };

static volatile sig_atomic_t end_seen;
static int ends[2] = { -1, -1 };

bool top_signals_is_end(int number)
{
	for (size_t i = 0; i < ARRAY_LENGTH(ends_us); i++)
		if (ends_us[i] == number)
			return true;
	return false;
}

/* The pipe does not wait when it is full: then there is enough to wake up for. */
static void on_signal(int number)
{
	const int saved = errno;
	const unsigned char byte = (unsigned char)number;
	ssize_t n;

	if (top_signals_is_end(number))
		end_seen = 1;
	do
		n = write(ends[1], &byte, 1);
	while (n < 0 && errno == EINTR);
	errno = saved;
}

static int take_signal(int number)
{
	struct sigaction action = { .sa_flags = 0 }, before;

	sigemptyset(&action.sa_mask);
	action.sa_handler = on_signal;
	if (sigaction(number, NULL, &before) < 0)
		return -errno;
	if (before.sa_handler == SIG_IGN)
		return 0;
	return sigaction(number, &action, NULL) < 0 ? -errno : 0;
}

int top_signals_open(int *ret_fd)
{
	int r = net_socketpair(ends);

	for (size_t i = 0; i < ARRAY_LENGTH(ends_us) && r == 0; i++)
		r = take_signal(ends_us[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(others) && r == 0; i++)
		r = take_signal(others[i]);
	if (r == 0)
		*ret_fd = ends[0];
	return r;
}

int top_signals_next(void)
{
	unsigned char byte;

	return read(ends[0], &byte, 1) == 1 ? byte : 0;
}

bool top_signals_end_seen(void)
{
	return end_seen;
}

void top_signals_obey(int number)
{
	struct sigaction action = { .sa_flags = 0 };
	sigset_t only;

	action.sa_handler = SIG_DFL;
	sigemptyset(&action.sa_mask);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigaction(number, &action, NULL);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	take_signal(number);
}
