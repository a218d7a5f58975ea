/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * chat: a client that is never quiet for long.
 *
 *     chat HOST PORT N
 *
 * N times a byte there and back with 20 ms between, then it waits until the server ends the
 * connection, which it may at any time: "ended after BYTES" on standard output. Exit code 0; 1: a
 * byte was wrong, or 30 s passed without anything, with the reason on standard error.
 */
#include "build.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/net.h"

enum {
	PATIENCE_MS = 30 * 1000,
	PAUSE_MS = 20
};

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

static bool say(int fd, char said)
{
	return send(fd, &said, 1, MSG_NOSIGNAL) == 1 && hear(fd, said);
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
	while (n < most && say(fd, (char)('a' + n % 26))) {
		n++;
		poll(NULL, 0, PAUSE_MS);
	}
	if (n == most && hear(fd, 0))
		die("a surplus byte", EPROTO);
	printf("ended after %lu\n", n);
	close(fd);
	return 0;
}
