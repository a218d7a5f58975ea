/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * status: a control socket whose counts are those of its command line, for the tests of multiconn's
 * --control.
 *
 *	status PATH ANSWER...
 *
 * The first call gets the first ANSWER, the second the second, and so on; the last one stays. An
 * ANSWER is ACCEPTED,RECEIVED,SENT, or a whole reply when it begins with a brace, or "close" to
 * close without one, or "wait" to give none and to make a file, PATH.waits, instead. Prints PATH when
 * it listens; ends when its standard input does.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "status: %s: %s\n", what, strerror(error));
	exit(1);
}

static void wait_readable(int fd)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			die("poll", errno);
	if (fds[0].revents)
		exit(0);
}

/* True when a whole call has come, false at the end of the client. */
static int read_call(int fd)
{
	char bytes[512];
	ssize_t n;

	do {
		wait_readable(fd);
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n <= 0)
			return 0;
	} while (bytes[n - 1] != '\0');
	return 1;
}

static void send_answer(int fd, const char *answer)
{
	int64_t accepted, received, sent;
	char reply[512];

	if (answer[0] == '{') {
		snprintf(reply, sizeof(reply), "%s", answer);
	} else {
		if (sscanf(answer, "%" SCNd64 ",%" SCNd64 ",%" SCNd64, &accepted, &received,
			   &sent) != 3)
			die(answer, EINVAL);
		snprintf(reply, sizeof(reply),
			 "{\"parameters\":{\"totals\":{\"accepted\":%" PRId64
			 ",\"received_bytes\":%" PRId64 ",\"sent_bytes\":%" PRId64 "}}}",
			 accepted, received, sent);
	}
	/* The byte 0x00 ends the message. */
	if (send(fd, reply, strlen(reply) + 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		die("send", errno);
}

static void tell_waiting(const char *path)
{
	char name[512];
	FILE *file;

	snprintf(name, sizeof(name), "%s.waits", path);
	file = fopen(name, "w");
	if (!file || fclose(file) != 0)
		die(name, errno);
}

/* Answers this client's calls and returns the answer for the next one. */
static char **serve_client(int fd, const char *path, char **answer)
{
	while (read_call(fd)) {
		int last = strcmp(*answer, "close") == 0;

		if (strcmp(*answer, "wait") == 0)
			tell_waiting(path);
		else if (!last)
			send_answer(fd, *answer);
		if (answer[1])
			answer++;
		if (last)
			break;
	}
	return answer;
}

int main(int argc, char *argv[])
{
	const struct net_listen_options options = { .backlog = 8, .socket_mode = -1 };
	struct net_address address;
	char **answer = argv + 2;
	int listen_fd;
	int r;

	if (argc < 3)
		die("usage: status PATH ANSWER...", EINVAL);
	r = net_parse_path(argv[1], &address);
	if (r == 0)
		r = net_listen(&address, &options, &listen_fd);
	if (r < 0)
		die(argv[1], -r);
	puts(argv[1]);
	fflush(stdout);
	for (;;) {
		CLEANUP_FD int fd = -1;

		wait_readable(listen_fd);
		if (net_accept(listen_fd, NULL, &fd) == 0)
			answer = serve_client(fd, argv[1], answer);
	}
}
