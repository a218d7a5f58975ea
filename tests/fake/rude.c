/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * rude: a client with chosen bad manners, for whole-program tests.
 *
 *     rude MODE HOST PORT [N]         or, for a Unix socket,  rude MODE unix PATH [N]
 *
 *   hold     N connections: a byte there and back on each, "ready" on standard output, then waits
 *            until standard input ends; each must then still echo a byte
 *   silent   N connections that say nothing; "ready", then until each was ended by the server
 *   sulk     the same, but each answers that end with a reset
 *   turned-away  N connections, one after the other: a byte each, and the server must end each in
 *            order, without a byte and without a reset
 *   knock    connects, is served a byte and closes, again and again until it is refused: never may it
 *            be reset; "ready" after the first; at least N times
 *   tail     sends N bytes without reading one, half-closes, then reads all of them and the EOF
 *   sip      sends N bytes, half-closes, reads one byte at a time
 *   hoard    sends until the server takes no more for 300 ms, "ready", goes on as soon as it takes
 *            more until standard input ends, then half-closes and reads everything; "sent BYTES" on
 *            standard error
 *   renege   sends until the server takes no more for 300 ms, half-closes and then resets at once
 *   stuck    "ready", sends and never reads, until the server has ended the connection
 *   starve   sends until the server takes no more for 1 s, "ready", waits until standard input ends;
 *            then reads until the server's end, which must not be a reset and may come too early, and
 *            prints "got BYTES"
 *   reset    N connections, the k-th resets after k bytes sent and some read
 *   late     N connections, each resets after all was sent and read and its side was ended
 *   flood    N connections, one after the other, closed at once
 *   burst    N connections, opened before the first is closed, without a byte
 *
 * Exit code 0: everything that came was right and complete; 1: not, with the reason on standard
 * error; 2: usage. Nothing here waits longer than 30 s.
 */
#include "build.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/net.h"

enum {
	PATIENCE_MS = 30 * 1000,
	FULL_MS = 300,
	SURELY_FULL_MS = 1000,
	HANDSHAKE_MS = 150,
	CHUNK = 64 * 1024
};

static struct net_address server;

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "rude: %s: %s\n", what, error ? strerror(error) : "wrong");
	exit(1);
}

static uint8_t pattern(size_t position)
{
	return (uint8_t)(position * 7 + (position >> 8) * 13 + (position >> 16));
}

/* True when ready, false after the time. */
static bool wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do
		r = poll(&p, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		die("poll", errno);
	return r > 0;
}

static void must_wait_for(int fd, short events, const char *what)
{
	if (!wait_for(fd, events, PATIENCE_MS))
		die(what, ETIMEDOUT);
}

static int open_connection(void)
{
	int fd;
	int r = net_connect(&server, NULL, &fd);

	if (r < 0)
		die("connect", -r);
	if (r == 1) {
		must_wait_for(fd, POLLOUT, "connect");
		r = net_socket_error(fd);
		if (r != 0)
			die("connect", r);
	}
	return fd;
}

/* Sends the pattern's bytes from..to; stops early, with how far it came, when full_ms passes without
 * progress. */
static size_t send_pattern(int fd, size_t from, size_t to, int full_ms)
{
	uint8_t bytes[CHUNK];

	while (from < to) {
		const size_t n = to - from < sizeof(bytes) ? to - from : sizeof(bytes);
		ssize_t sent;

		for (size_t i = 0; i < n; i++)
			bytes[i] = pattern(from + i);
		sent = send(fd, bytes, n, MSG_NOSIGNAL);
		if (sent > 0)
			from += (size_t)sent;
		else if (errno != EAGAIN && errno != EINTR)
			die("send", errno);
		else if (!wait_for(fd, POLLOUT, full_ms))
			return from;
	}
	return from;
}

static void must_send(int fd, size_t from, size_t to)
{
	if (send_pattern(fd, from, to, PATIENCE_MS) < to)
		die("send", ETIMEDOUT);
}

/* Reads and checks up to most bytes at once; 0 = EOF. */
static size_t read_some(int fd, size_t position, size_t most)
{
	uint8_t bytes[CHUNK];
	ssize_t n;

	must_wait_for(fd, POLLIN, "receive");
	n = recv(fd, bytes, most < sizeof(bytes) ? most : sizeof(bytes), 0);
	if (n < 0)
		die("receive", errno);
	for (ssize_t i = 0; i < n; i++)
		if (bytes[i] != pattern(position + (size_t)i)) {
			fprintf(stderr, "rude: byte %zu is wrong\n", position + (size_t)i);
			exit(1);
		}
	return (size_t)n;
}

static void must_read(int fd, size_t from, size_t to)
{
	while (from < to) {
		const size_t n = read_some(fd, from, to - from);

		if (n == 0) {
			fprintf(stderr, "rude: EOF after %zu of %zu bytes\n", from, to);
			exit(1);
		}
		from += n;
	}
}

static void must_end(int fd, size_t position)
{
	if (read_some(fd, position, 1) != 0)
		die("surplus byte", 0);
}

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void wait_for_stdin(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void close_with_reset(int fd)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
		die("linger", errno);
	close(fd);
}

static void end_side(int fd)
{
	if (shutdown(fd, SHUT_WR) < 0)
		die("shutdown", errno);
}

static int *open_many(size_t n)
{
	int *fds = calloc(n, sizeof(*fds));

	if (!fds)
		die("memory", ENOMEM);
	for (size_t i = 0; i < n; i++)
		fds[i] = open_connection();
	return fds;
}

/* ---- The modes ---- */

static void hold(size_t n)
{
	CLEANUP_FREE int *fds = open_many(n);

	for (size_t i = 0; i < n; i++) {
		must_send(fds[i], 0, 1);
		must_read(fds[i], 0, 1);
	}
	say_ready();
	wait_for_stdin();
	for (size_t i = 0; i < n; i++) {
		must_send(fds[i], 1, 2);
		must_read(fds[i], 1, 2);
		close(fds[i]);
	}
}

static void silent(size_t n)
{
	CLEANUP_FREE int *fds = open_many(n);

	say_ready();
	for (size_t i = 0; i < n; i++) {
		wait_for(fds[i], POLLIN, -1); /* that may take as long as the test */
		must_end(fds[i], 0);
		close(fds[i]);
	}
}

static void sulk(size_t n)
{
	CLEANUP_FREE int *fds = open_many(n);

	say_ready();
	for (size_t i = 0; i < n; i++) {
		wait_for(fds[i], POLLIN, -1); /* that may take as long as the test */
		must_end(fds[i], 0);
		close_with_reset(fds[i]);
	}
}

static void turned_away(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int fd = open_connection();

		/* The end may have come already. */
		if (send(fd, "?", 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
			die("send", errno);
		must_end(fd, 0);
		close(fd);
	}
}

/* A server that is about to close waits for handshakes and for what the peers may still say, but not
 * for ever: who was not given the processor meanwhile may well be too late. What passed since the
 * beginning tells, since the client's own side of a handshake is over earlier. */
static void die_unless_slow(const char *what, int error, int64_t start_ms)
{
	const int64_t ms = clock_now_ms() - start_ms;

	if (error == ECONNRESET && ms >= HANDSHAKE_MS)
		return;
	fprintf(stderr, "rude: after %lld ms:\n", (long long)ms);
	die(what, error);
}

/* A byte there and back, or the end in order. */
static void be_served(int fd, int64_t start_ms)
{
	uint8_t byte = pattern(0);

	if (send(fd, &byte, 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		die_unless_slow("send", errno, start_ms);
	must_wait_for(fd, POLLIN, "receive");
	if (recv(fd, &byte, 1, 0) < 0)
		die_unless_slow("receive", errno, start_ms);
	if (byte != pattern(0))
		die("receive", EBADMSG);
}

/* True when a connection could be had. */
static bool knock_once(void)
{
	const int64_t start_ms = clock_now_ms();
	int fd, r = net_connect(&server, NULL, &fd);

	if (r == -ECONNREFUSED || r == -ENOENT)
		return false;
	if (r < 0)
		die("connect", -r);
	must_wait_for(fd, POLLOUT, "connect");
	r = net_socket_error(fd);
	if (r != 0 && r != ECONNREFUSED)
		die_unless_slow("connect", r, start_ms);
	if (r == 0)
		be_served(fd, start_ms);
	close(fd);
	return r != ECONNREFUSED;
}

static void knock(size_t n)
{
	size_t times = 0;

	while (knock_once())
		if (++times == 1)
			say_ready();
	if (times < n)
		die("refused too early", ECONNREFUSED);
}

static void finish(int fd, size_t from, size_t to, size_t most)
{
	end_side(fd);
	while (from < to) {
		const size_t n = read_some(fd, from, most);

		if (n == 0) {
			fprintf(stderr, "rude: EOF after %zu of %zu bytes\n", from, to);
			exit(1);
		}
		from += n;
	}
	must_end(fd, to);
	close(fd);
}

static void tail(size_t n)
{
	const int fd = open_connection();

	must_send(fd, 0, n);
	finish(fd, 0, n, CHUNK);
}

static void sip(size_t n)
{
	const int fd = open_connection();

	must_send(fd, 0, n);
	finish(fd, 0, n, 1);
}

static size_t fill(int fd, int full_ms)
{
	const size_t n = send_pattern(fd, 0, SIZE_MAX, full_ms);

	say_ready();
	return n;
}

/* Who takes no more may only have been slow. */
static size_t fill_until_stdin_ends(int fd, size_t n)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
			      { .fd = fd, .events = POLLOUT } };

	for (;;) {
		if (poll(p, ARRAY_LENGTH(p), -1) < 0 && errno != EINTR)
			die("poll", errno);
		if (p[0].revents)
			break;
		n = send_pattern(fd, n, SIZE_MAX, 0);
	}
	wait_for_stdin();
	return n;
}

static void hoard(size_t n)
{
	const int fd = open_connection();

	(void)n;
	n = fill_until_stdin_ends(fd, fill(fd, FULL_MS));
	fprintf(stderr, "sent %zu\n", n);
	finish(fd, 0, n, CHUNK);
}

static void stuck(size_t n)
{
	const int fd = open_connection();
	const uint8_t bytes[CHUNK] = { 0 };

	(void)n;
	puts("ready");
	fflush(stdout);
	while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0 || errno == EAGAIN ||
	       errno == EINTR)
		must_wait_for(fd, POLLOUT | POLLRDHUP, "waiting to be ended");
	if (errno != ECONNRESET && errno != EPIPE)
		die("send", errno);
	close(fd);
}

static void renege(size_t n)
{
	const int fd = open_connection();

	(void)n;
	fill(fd, FULL_MS);
	end_side(fd);
	close_with_reset(fd);
}

static void starve(size_t n)
{
	const int fd = open_connection();
	size_t got = 0, more;

	(void)n;
	fill(fd, SURELY_FULL_MS);
	wait_for_stdin();
	while ((more = read_some(fd, got, CHUNK)) > 0)
		got += more;
	printf("got %zu\n", got);
	close(fd);
}

static void reset(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int fd = open_connection();

		must_send(fd, 0, i);
		must_read(fd, 0, i / 2);
		close_with_reset(fd);
	}
}

static void late(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int fd = open_connection();

		must_send(fd, 0, 10);
		must_read(fd, 0, 10);
		end_side(fd);
		close_with_reset(fd);
	}
}

static void flood(size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(open_connection());
}

static void burst(size_t n)
{
	CLEANUP_FREE int *fds = open_many(n);

	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

static const struct mode {
	const char *name;
	void (*run)(size_t n);
} modes[] = {
	{ "hold", hold },   { "silent", silent }, { "sulk", sulk },
	{ "tail", tail },   { "sip", sip },	  { "hoard", hoard },
	{ "stuck", stuck }, { "renege", renege }, { "starve", starve },
	{ "reset", reset }, { "late", late },	  { "flood", flood },
	{ "burst", burst }, { "knock", knock },	  { "turned-away", turned_away },
};

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	int r;

	if (argc < 4 || argc > 5) {
		fputs("usage: rude MODE HOST PORT [N]\n", stderr);
		return 2;
	}
	raise_limit();
	if (strcmp(argv[2], "unix") == 0)
		r = net_parse_path(argv[3], &server);
	else
		r = net_parse(argv[2], (uint16_t)strtoul(argv[3], NULL, 10), &server);
	if (r < 0)
		die("address", -r);
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0) {
			modes[i].run(argc == 5 ? strtoul(argv[4], NULL, 10) : 1);
			return 0;
		}
	fputs("rude: no such mode\n", stderr);
	return 2;
}
