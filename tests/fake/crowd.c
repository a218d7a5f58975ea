/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * crowd: a puppet that opens many connections to one server and tells what became of them.
 *
 *     crowd HOST PORT        or, for a Unix socket,  crowd unix PATH
 *
 * It obeys lines on standard input and answers each with one line on standard output,
 * "served S ended E waiting W": of all connections ever opened, how many have had their byte echoed
 * (and are still open as far as it knows), how many the server ended or refused before that or since,
 * and how many are undecided.
 *
 *   burst N [SOURCE]   starts N connections at once, from this address; does not wait for them
 *   steps N [SOURCE]   N connections, each decided before the next begins
 *   calls N [SOURCE]   N connections, each made before the next begins
 *   settle K           waits until K of all connections are served or ended
 *   ended K            waits until the server has ended K of all connections
 *   echo               every served connection must echo one byte more; what does not has ended
 *   leave K            ends the K oldest served ones and waits until the server has done so too;
 *                      they count no more
 *   look               does nothing
 *
 * At the end of standard input it resets what is left and exits with 0; 1: something did not happen
 * within 30 s, or a byte was wrong, with the reason on standard error.
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
	PATIENCE_MS = 30 * 1000
};

enum state {
	CONNECTING,
	ASKED, /* its byte is under way */
	SERVED,
	ENDED,
	LEAVING, /* our side is shut, the server's is not yet */
	LEFT,
	STATES
};

static struct net_address server;
static struct pollfd *fds; /* n of them, fd -1 when closed; their states beside */
static enum state *states;
static size_t n, counts[STATES];

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "crowd: %s: %s\n", what, error ? strerror(error) : "wrong");
	exit(1);
}

/* ---- One connection ---- */

static void enter(size_t i, enum state state)
{
	counts[states[i]]--;
	counts[state]++;
	states[i] = state;
	fds[i].events = state == CONNECTING ? POLLOUT : POLLIN;
	if (state == ENDED || state == LEFT) {
		close(fds[i].fd);
		fds[i].fd = -1;
	}
}

static void ask(size_t i)
{
	enter(i, send(fds[i].fd, "x", 1, MSG_NOSIGNAL) == 1 ? ASKED : ENDED);
}

static void hear(size_t i)
{
	char byte;
	const ssize_t got = recv(fds[i].fd, &byte, 1, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0 && (byte != 'x' || states[i] == SERVED))
		die("a byte", 0);
	if (got > 0 && states[i] == ASKED)
		enter(i, SERVED);
	else if (got <= 0)
		enter(i, states[i] == LEAVING ? LEFT : ENDED);
}

static void act(size_t i)
{
	if (fds[i].fd < 0 || fds[i].revents == 0)
		return;
	if (states[i] != CONNECTING)
		hear(i);
	else if (net_socket_error(fds[i].fd) != 0)
		enter(i, ENDED);
	else
		ask(i);
}

static void grow(size_t to)
{
	fds = reallocarray(fds, to, sizeof(*fds));
	states = reallocarray(states, to, sizeof(*states));
	if (!fds || !states)
		die("memory", ENOMEM);
}

static void add(const struct net_address *source)
{
	int fd = -1;
	const int r = net_connect(&server, source, &fd);

	if (r < 0)
		die("connect", -r);
	grow(n + 1);
	fds[n] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	states[n] = CONNECTING;
	counts[CONNECTING]++;
	n++;
	if (r == 0)
		ask(n - 1);
}

/* ---- All of them ---- */

static size_t undecided(void)
{
	return counts[CONNECTING] + counts[ASKED] + counts[LEAVING];
}

static size_t decided(void)
{
	return counts[SERVED] + counts[ENDED] + counts[LEFT];
}

/* Looks at the connections from first on until done() says that there are most of them. */
static void watch(size_t first, size_t (*done)(void), size_t most)
{
	const int64_t until_ms = clock_now_ms() + PATIENCE_MS;

	while (done() < most) {
		const int64_t left = until_ms - clock_now_ms();

		if (left <= 0)
			die("waiting", ETIMEDOUT);
		if (poll(fds + first, (nfds_t)(n - first), (int)left) < 0 && errno != EINTR)
			die("poll", errno);
		for (size_t i = first; i < n; i++)
			act(i);
	}
}

static size_t ended(void)
{
	return counts[ENDED];
}

static size_t everyone_decided(void)
{
	return undecided() == 0;
}

/* What the kernel knows already. */
static void look(void)
{
	if (poll(fds, (nfds_t)n, 0) < 0 && errno != EINTR)
		die("poll", errno);
	for (size_t i = 0; i < n; i++)
		act(i);
}

/* ---- The words ---- */

static void burst(size_t more, const struct net_address *source)
{
	while (more-- > 0)
		add(source);
}

static void steps(size_t more, const struct net_address *source)
{
	while (more-- > 0) {
		const size_t before = decided();

		add(source);
		watch(n - 1, decided, before + 1);
	}
}

static size_t made(void)
{
	return n - counts[CONNECTING];
}

static void calls(size_t more, const struct net_address *source)
{
	while (more-- > 0) {
		const size_t before = made();

		add(source);
		watch(n - 1, made, before + 1);
	}
}

static void settle(size_t many, const struct net_address *source UNUSED)
{
	watch(0, decided, many);
}

static void wait_ended(size_t many, const struct net_address *source UNUSED)
{
	watch(0, ended, many);
}

static void echo(size_t many UNUSED, const struct net_address *source UNUSED)
{
	look();
	for (size_t i = 0; i < n; i++)
		if (states[i] == SERVED)
			ask(i);
	watch(0, everyone_decided, 1);
}

static void leave(size_t many, const struct net_address *source UNUSED)
{
	const size_t left = counts[LEFT];

	look();
	for (size_t i = 0, to_go = many; i < n && to_go > 0; i++)
		if (states[i] == SERVED) {
			shutdown(fds[i].fd, SHUT_WR);
			enter(i, LEAVING);
			to_go--;
		}
	while (counts[LEFT] < left + many)
		watch(0, decided, decided() + 1);
}

static void nothing(size_t many UNUSED, const struct net_address *source UNUSED)
{
	look();
}

static const struct word {
	const char *name;
	void (*run)(size_t many, const struct net_address *source);
} words[] = {
	{ "burst", burst },  { "steps", steps },      { "calls", calls }, { "settle", settle },
	{ "look", nothing }, { "ended", wait_ended }, { "echo", echo },	  { "leave", leave },
};

static void obey(const char *line)
{
	char name[16] = "", address[64] = "";
	unsigned long many = 0;
	struct net_address source;

	sscanf(line, "%15s %lu %63s", name, &many, address);
	if (*address && net_parse(address, 0, &source) < 0)
		die("source address", EINVAL);
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (strcmp(name, words[i].name) == 0) {
			words[i].run(many, *address ? &source : NULL);
			printf("served %zu ended %zu waiting %zu\n", counts[SERVED], counts[ENDED],
			       undecided());
			fflush(stdout);
			return;
		}
	die(line, EINVAL);
}

static void reset_all(void)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	for (size_t i = 0; i < n; i++)
		if (fds[i].fd >= 0) {
			setsockopt(fds[i].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
			close(fds[i].fd);
		}
	free(fds);
	free(states);
}

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
	char line[128];
	int r;

	if (argc != 3) {
		fputs("usage: crowd HOST PORT\n", stderr);
		return 2;
	}
	raise_limit();
	if (strcmp(argv[1], "unix") == 0)
		r = net_parse_path(argv[2], &server);
	else
		r = net_parse(argv[1], (uint16_t)strtoul(argv[2], NULL, 10), &server);
	if (r < 0)
		die("address", -r);
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	reset_all();
	return 0;
}
