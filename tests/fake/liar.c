/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * liar: an echo server that tells a lie, for the tests of clients that must notice.
 *
 *	liar MODE [NTH [OFFSET [ADDRESS]]]
 *
 * The lie is told on the NTH connection accepted (from 1; 0, the default, = on every one), about the
 * byte at OFFSET of its stream (default 10). ADDRESS is 127.0.0.1 unless told; with a slash it is a
 * Unix socket's path. It prints one line, the port or the path, serves until its standard input
 * ends, and exits with 0. Wherever there is no lie, every byte goes back, and the end after the
 * peer's.
 *
 * It is a test's tool: what cannot happen on loopback ends it with a message.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/buf.h"
#include "echod/net.h"
#include "echod/parse.h"

enum lie {
	HONEST,
	DROP,	   /* leave the byte out */
	FLIP,	   /* change its lowest bit */
	DUPLICATE, /* send it twice */
	APPEND,	   /* send one more behind the peer's end */
	EARLY,	   /* end before the byte, orderly */
	RESET,	   /* reset before the byte */
	SILENT,	   /* read, and send nothing */
	OPEN,	   /* never end, whatever the peer does */
	DEAF,	   /* accept nobody */
	FULL,	   /* accept nobody, with a queue that is full already */
	LIES
};

static const char *const names[LIES] = {
	[HONEST] = "honest", [DROP] = "drop",	[FLIP] = "flip",   [DUPLICATE] = "duplicate",
	[APPEND] = "append", [EARLY] = "early", [RESET] = "reset", [SILENT] = "silent",
	[OPEN] = "open",     [DEAF] = "deaf",	[FULL] = "full",
};

struct peer_state {
	int fd;
	enum lie lie;
	size_t offset; /* of the next byte from the peer */
	struct buf unsent;
	bool ended;   /* nothing more will be owed */
	bool closed;  /* our side is shut down */
	bool ignored; /* kept open, no longer watched */
};

static struct {
	enum lie lie;
	int64_t nth;
	int64_t offset;
	int listen_fd, filler_fd;
	struct peer_state *peers;
	struct pollfd *polls; /* standard input, the listener, then a row per peer */
	size_t n_peers, accepted;
} liar = { .offset = 10, .listen_fd = -1, .filler_fd = -1 };

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "liar: %s: %s\n", what, strerror(error));
	exit(1);
}

/* ---- One peer ---- */

static void owe(struct peer_state *p, const uint8_t *data, size_t n)
{
	if (n > 0 && buf_append(&p->unsent, data, n) < 0)
		die("memory", ENOMEM);
}

static void reset_peer(struct peer_state *p)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	attr_close_fd(&p->fd);
}

/* The byte in question. */
static void lie_about(struct peer_state *p, uint8_t byte)
{
	uint8_t flipped = byte ^ 1;

	switch (p->lie) {
	case DROP:
		break;
	case FLIP:
		owe(p, &flipped, 1);
		break;
	case DUPLICATE:
		owe(p, &byte, 1);
		owe(p, &byte, 1);
		break;
	case EARLY:
		p->ended = true;
		break;
	case RESET:
		reset_peer(p);
		break;
	default:
		owe(p, &byte, 1);
	}
}

static void answer(struct peer_state *p, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n && p->fd >= 0; i++, p->offset++) {
		if (p->lie == SILENT || p->ended)
			continue;
		if (p->offset == (size_t)liar.offset)
			lie_about(p, data[i]);
		else
			owe(p, &data[i], 1);
	}
}

static void peer_ended(struct peer_state *p)
{
	static const uint8_t surplus = '+';

	if (p->lie == APPEND)
		owe(p, &surplus, 1);
	if (p->lie == OPEN || p->lie == SILENT)
		p->ignored = true;
	p->ended = true;
}

static void receive(struct peer_state *p)
{
	uint8_t data[4096];
	ssize_t n = recv(p->fd, data, sizeof(data), 0);

	if (n > 0)
		answer(p, data, (size_t)n);
	else if (n == 0 && p->closed)
		attr_close_fd(&p->fd);
	else if (n == 0)
		peer_ended(p);
	else if (errno != EAGAIN && errno != EINTR)
		attr_close_fd(&p->fd);
}

/* An early end goes on reading until the peer's, so that it is an end and no reset. */
static void flush(struct peer_state *p)
{
	ssize_t n;

	if (buf_length(&p->unsent) > 0) {
		n = send(p->fd, buf_data(&p->unsent), buf_length(&p->unsent), MSG_NOSIGNAL);
		if (n > 0)
			buf_consume(&p->unsent, (size_t)n);
		else if (errno != EAGAIN && errno != EINTR)
			attr_close_fd(&p->fd);
	}
	if (p->fd >= 0 && p->ended && !p->closed && !p->ignored && buf_length(&p->unsent) == 0) {
		shutdown(p->fd, SHUT_WR);
		p->closed = true;
	}
}

/* ---- All of them ---- */

static void *grown(void *old, size_t n, size_t size)
{
	void *new = realloc(old, n * size);

	if (!new)
		die("memory", ENOMEM);
	return new;
}

/* A row whose peer has gone, or a new one. */
static size_t free_row(void)
{
	for (size_t i = 0; i < liar.n_peers; i++)
		if (liar.peers[i].fd < 0)
			return i;
	liar.peers = grown(liar.peers, liar.n_peers + 1, sizeof(*liar.peers));
	liar.polls = grown(liar.polls, liar.n_peers + 3, sizeof(*liar.polls));
	return liar.n_peers++;
}

static void accept_one(void)
{
	int fd;
	size_t row;
	int r = net_accept(liar.listen_fd, NULL, &fd);
	bool lie;

	if (r == -EAGAIN || r == -ECONNABORTED)
		return;
	if (r < 0)
		die("accept", -r);
	liar.accepted++;
	lie = liar.nth == 0 || liar.accepted == (size_t)liar.nth;
	row = free_row();
	liar.peers[row] = (struct peer_state){ .fd = fd, .lie = lie ? liar.lie : HONEST };
	liar.polls[2 + row] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void serve_ready(struct peer_state *p, struct pollfd *row)
{
	if (row->fd < 0 || !row->revents)
		return;
	if (row->revents & (POLLIN | POLLHUP | POLLERR))
		receive(p);
	if (p->fd >= 0)
		flush(p);
	if (p->fd < 0 || p->ignored)
		row->fd = -1;
	if (p->fd < 0)
		buf_fini(&p->unsent);
	row->events = buf_length(&p->unsent) > 0 ? POLLIN | POLLOUT : POLLIN;
}

static bool input_ended(void)
{
	char byte;

	return liar.polls[0].revents && read(STDIN_FILENO, &byte, 1) <= 0;
}

static void serve(void)
{
	liar.polls = grown(NULL, 2, sizeof(*liar.polls));
	liar.polls[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	liar.polls[1] = (struct pollfd){
		.fd = liar.lie == DEAF || liar.lie == FULL ? -1 : liar.listen_fd,
		.events = POLLIN,
	};
	for (;;) {
		if (poll(liar.polls, 2 + liar.n_peers, -1) < 0 && errno != EINTR)
			die("poll", errno);
		if (input_ended())
			return;
		for (size_t i = 0; i < liar.n_peers; i++)
			serve_ready(&liar.peers[i], &liar.polls[2 + i]);
		if (liar.polls[1].revents)
			accept_one();
	}
}

/* ---- Start and end ---- */

static void open_listener(const char *text, struct net_address *ret_address)
{
	struct net_listen_options options = { .backlog = 4096, .socket_mode = -1 };
	struct net_address address;
	int r = strchr(text, '/') ? net_parse_path(text, &address) : net_parse(text, 0, &address);

	if (liar.lie == FULL)
		options.backlog = 0;
	if (r == 0)
		r = net_listen(&address, &options, &liar.listen_fd);
	if (r == 0)
		r = net_local_address(liar.listen_fd, ret_address);
	if (r < 0)
		die(text, -r);
}

/* The kernel takes one more than the queue's length, and then no more. */
static void fill_queue(const struct net_address *address)
{
	liar.filler_fd = socket(address->any.sa_family, SOCK_STREAM, 0);
	if (liar.filler_fd < 0 || connect(liar.filler_fd, &address->any, address->length) < 0)
		die("connect", errno);
}

static void tell(const char *text, const struct net_address *address)
{
	if (address->any.sa_family == AF_UNIX)
		printf("%s\n", text);
	else
		printf("%u\n", net_port(address));
	if (fflush(stdout) != 0)
		die("standard output", errno);
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("limit", errno);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void close_all(void)
{
	for (size_t i = 0; i < liar.n_peers; i++) {
		buf_fini(&liar.peers[i].unsent);
		attr_close_fd(&liar.peers[i].fd);
	}
	attr_close_fd(&liar.filler_fd);
	attr_close_fd(&liar.listen_fd);
	free(liar.peers);
	free(liar.polls);
}

static bool parse_arguments(int argc, char *argv[])
{
	if (argc < 2 || argc > 5)
		return false;
	while (liar.lie < LIES && strcmp(names[liar.lie], argv[1]) != 0)
		liar.lie++;
	return liar.lie < LIES &&
	       (argc <= 2 || parse_integer(argv[2], 0, INT32_MAX, &liar.nth) == 0) &&
	       (argc <= 3 || parse_integer(argv[3], 0, INT32_MAX, &liar.offset) == 0);
}

int main(int argc, char *argv[])
{
	const char *where = argc > 4 ? argv[4] : "127.0.0.1";
	struct net_address address;

	if (!parse_arguments(argc, argv)) {
		fputs("usage: liar MODE [NTH [OFFSET [ADDRESS]]]\n", stderr);
		return 2;
	}
	raise_limit();
	open_listener(where, &address);
	if (liar.lie == FULL)
		fill_queue(&address);
	tell(where, &address);
	serve();
	close_all();
	return 0;
}
