/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * heckler: a client of the control socket with chosen bad manners, for whole-program tests.
 *
 *     heckler MODE PATH [N]
 *
 *   garbage   N clients, each sends bytes that are no call; each must be closed without an answer
 *   half      N clients, each sends half a call, then the end; as before
 *   padded    one call of N bytes with its terminator not counted; prints the answer, or "closed"
 *   rapid     N clients, one after the other, each with one call that must be answered
 *   pipeline  N calls at once on one client, each must be answered, in order
 *   vanish    N clients, the k-th leaves after k bytes of a call, or with its answer unread
 *   crowd     N clients, each answered once; "ready", then stays until standard input ends; prints
 *             how many the server has closed, which must be the first ones
 *   deaf      one client, calls without reading an answer until it is closed; prints "closed"
 *
 * Exit code 0: the server did as told above; 1: not, with the reason on standard error; 2: usage.
 * Nothing here waits longer than 30 s.
 */
#include "build.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"

enum {
	PATIENCE_MS = 30 * 1000,
	ANSWER_MAX = 256 * 1024
};

/* With their terminators. */
static const char call[] = "{\"method\":\"echod.Control.Ping\"}";
static const char answer[] = "{\"parameters\":{}}";
static const char status_call[] = "{\"method\":\"echod.Control.GetStatus\"}";

static struct net_address server;

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "heckler: %s: %s\n", what, error ? strerror(error) : "wrong");
	exit(1);
}

static void must_wait_for(int fd, short events, const char *what)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do
		r = poll(&p, 1, PATIENCE_MS);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		die(what, r < 0 ? errno : ETIMEDOUT);
}

/* A full queue of the listening socket is EAGAIN, and nothing tells when it has room again. */
static int open_client(void)
{
	for (int tries = PATIENCE_MS / 10; tries > 0; tries--) {
		int fd;
		int r = net_connect(&server, NULL, &fd);

		if (r == 0)
			return fd;
		if (r != -EAGAIN)
			die("connect", -r);
		poll(NULL, 0, 10);
	}
	die("connect", ETIMEDOUT);
}

/* False when the other end has closed. */
static bool send_all(int fd, const void *bytes, size_t n)
{
	const char *next = bytes;

	while (n > 0) {
		const ssize_t sent = send(fd, next, n, MSG_NOSIGNAL);

		if (sent > 0) {
			next += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN) {
			must_wait_for(fd, POLLOUT, "send");
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return false;
		} else if (errno != EINTR) {
			die("send", errno);
		}
	}
	return true;
}

/* The next bytes; 0 = the other end has closed. */
static size_t receive(int fd, char *bytes, size_t size)
{
	ssize_t n;

	must_wait_for(fd, POLLIN, "receive");
	n = recv(fd, bytes, size, 0);
	if (n < 0 && errno != ECONNRESET)
		die("receive", errno);
	return n < 0 ? 0 : (size_t)n;
}

/* One answer with its terminator; its length without, or 0 when there is none. */
static size_t receive_answer(int fd, char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size) {
		const size_t n = receive(fd, bytes + length, 1);

		if (n == 0)
			return 0;
		if (bytes[length] == '\0')
			return length;
		length += n;
	}
	die("answer", EMSGSIZE);
}

static void must_answer(int fd)
{
	char bytes[sizeof(answer) + 1];

	if (receive_answer(fd, bytes, sizeof(bytes)) != sizeof(answer) - 1 ||
	    strcmp(bytes, answer) != 0)
		die("answer", 0);
}

static void must_close(int fd)
{
	char byte;

	if (receive(fd, &byte, 1) != 0)
		die("an answer to what was no call", 0);
	close(fd);
}

/* ---- The modes ---- */

static void garbage(size_t n)
{
	static const char *const kinds[] = {
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"[1,2,3]",
		"}{",
		"{\"method\":7}",
		"{\"method\":\"echod.Control.Ping\",\"method\":\"echod.Control.Ping\"}",
		"\"text\"",
		"{\"method\":\"\xff\xfe\"}",
		"{} {}",
	};

	for (size_t i = 0; i < n; i++) {
		const char *kind = kinds[i % ARRAY_LENGTH(kinds)];
		const int fd = open_client();

		send_all(fd, kind, strlen(kind) + 1);
		must_close(fd);
	}
}

static void half(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int fd = open_client();

		send_all(fd, call, 1 + i % (sizeof(call) - 2));
		if (shutdown(fd, SHUT_WR) < 0)
			die("shutdown", errno);
		must_close(fd);
	}
}

static void padded(size_t n)
{
	const size_t head = sizeof(call) - 2; /* all but the last brace */
	CLEANUP_FREE char *bytes = malloc(n + 1);
	char reply[sizeof(answer) + 1];
	const int fd = open_client();

	if (!bytes || n < sizeof(call))
		die("N", EINVAL);
	memset(bytes, ' ', n);
	memcpy(bytes, call, head);
	bytes[n - 1] = '}';
	bytes[n] = '\0';
	send_all(fd, bytes, n + 1);
	puts(receive_answer(fd, reply, sizeof(reply)) > 0 ? reply : "closed");
	close(fd);
}

static void rapid(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int fd = open_client();

		if (!send_all(fd, call, sizeof(call)))
			die("closed before the answer", ECONNRESET);
		must_answer(fd);
		close(fd);
	}
}

/* Every third is another call, so that the order shows. */
static void pipeline(size_t n)
{
	CLEANUP_FREE char *bytes = malloc(ANSWER_MAX);
	const int fd = open_client();

	if (!bytes)
		die("memory", ENOMEM);
	for (size_t i = 0; i < n; i++)
		if (!(i % 3 ? send_all(fd, call, sizeof(call))
			    : send_all(fd, status_call, sizeof(status_call))))
			die("closed among the calls", ECONNRESET);
	if (shutdown(fd, SHUT_WR) < 0)
		die("shutdown", errno);
	for (size_t i = 0; i < n; i++) {
		const size_t length = receive_answer(fd, bytes, ANSWER_MAX);

		if ((length == sizeof(answer) - 1) != (i % 3 != 0))
			die("order of the answers", 0);
	}
	must_close(fd);
}

static void vanish(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int fd = open_client();

		send_all(fd, status_call, i % (sizeof(status_call) + 1));
		close(fd);
	}
}

static bool is_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) == 1;
}

static void crowd(size_t n)
{
	CLEANUP_FREE int *fds = calloc(n, sizeof(*fds));
	size_t closed = 0;
	char byte;

	if (!fds)
		die("memory", ENOMEM);
	for (size_t i = 0; i < n; i++) {
		fds[i] = open_client();
		send_all(fds[i], call, sizeof(call));
		must_answer(fds[i]);
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (size_t i = 0; i < n; i++) {
		if (is_closed(fds[i]) && i != closed++)
			die("an older client than the one that was closed", 0);
		close(fds[i]);
	}
	printf("%zu closed\n", closed);
}

static void deaf(size_t n)
{
	const int fd = open_client();

	(void)n;
	while (send_all(fd, status_call, sizeof(status_call)))
		;
	puts("closed");
	close(fd);
}

static const struct mode {
	const char *name;
	void (*run)(size_t n);
} modes[] = {
	{ "garbage", garbage },	  { "half", half },	{ "padded", padded }, { "rapid", rapid },
	{ "pipeline", pipeline }, { "vanish", vanish }, { "crowd", crowd },   { "deaf", deaf },
};

int main(int argc, char **argv)
{
	int r;

	if (argc < 3 || argc > 4) {
		fputs("usage: heckler MODE PATH [N]\n", stderr);
		return 2;
	}
	r = net_parse_path(argv[2], &server);
	if (r < 0)
		die(argv[2], -r);
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run(argc == 4 ? strtoul(argv[3], NULL, 10) : 1);
			return 0;
		}
	fputs("heckler: no such mode\n", stderr);
	return 2;
}
