/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * chat: a client that is never quiet for long.
 *
 *     chat HOST PORT N
 *
 * N times a byte there and back with 20 ms between, then it waits until the server ends the
 * connection, which it may at any time: "ended after BYTES, quiet for at most MS ms" on standard
 * output, for on a loaded machine it may have been quiet for longer than it wanted. Exit code 0; 1:
 * a byte was wrong, or 30 s passed without anything, with the reason on standard error.
 */
#include "build.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/clock.h"
#include "echod/net.h"

enum {
	PATIENCE_MS = 30 * 1000,
	PAUSE_MS = 20
};

static int64_t heard_ms, quiet_ms; /* when it last was not quiet; for how long it was, at most */

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "chat: %s: %s\n", what, strerror(error));
	exit(1);
}

static void wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, PATIENCE_MS) <= 0)
		die("waiting", ETIMEDOUT);
}

static int open_connection(const char *host, const char *port)
{
	struct net_address server;
	int fd;
	int r = net_parse(host, (uint16_t)strtoul(port, NULL, 10), &server);

	if (r >= 0)
		r = net_connect(&server, NULL, &fd);
	if (r < 0)
		die("connect", -r);
	wait_for(fd, POLLOUT);
	return fd;
}

/* True when it came back, false when the server has ended the connection. */
static bool hear(int fd, char said)
{
	char heard;
	ssize_t n;

	wait_for(fd, POLLIN);
	n = recv(fd, &heard, 1, 0);
	if (n == 1 && heard != said)
		die("a wrong byte", EPROTO);
	return n == 1;
}

static void note_quiet(void)
{
	const int64_t now_ms = clock_now_ms();

	if (now_ms - heard_ms > quiet_ms)
		quiet_ms = now_ms - heard_ms;
	heard_ms = now_ms;
}

static bool say(int fd, char said)
{
	const bool heard = send(fd, &said, 1, MSG_NOSIGNAL) == 1 && hear(fd, said);

	note_quiet();
	return heard;
}

int main(int argc, char **argv)
{
	unsigned long most, n = 0;
	int fd;

	if (argc != 4) {
		fputs("usage: chat HOST PORT N\n", stderr);
		return 2;
	}
	most = strtoul(argv[3], NULL, 10);
	fd = open_connection(argv[1], argv[2]);
	heard_ms = clock_now_ms();
	while (n < most && say(fd, (char)('a' + n % 26))) {
		n++;
		poll(NULL, 0, PAUSE_MS);
	}
	if (n == most && hear(fd, 0))
		die("a surplus byte", EPROTO);
	printf("ended after %lu, quiet for at most %lld ms\n", n, (long long)quiet_ms);
	close(fd);
	return 0;
}
