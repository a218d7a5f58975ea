/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * drip: sends what is on standard input byte by byte, each in a call of its own, ends its side and
 * prints what comes back.
 *
 *     drip HOST PORT        exit 0 at the server's end, 1 when the connection broke
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/net.h"
#include "echod/parse.h"

static int die(const char *what)
{
	fprintf(stderr, "drip: %s: %s\n", what, strerror(errno));
	return 1;
}

static int connect_to(const char *host, const char *port_text)
{
	const int on = 1;
	struct net_address address;
	uint16_t port;
	int fd;

	if (parse_port(port_text, &port) < 0 || net_parse(host, port, &address) < 0)
		return -1;
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, &address.any, address.length) < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

int main(int argc, char *argv[])
{
	char buffer[4096];
	ssize_t n;
	int fd, c;

	fd = argc == 3 ? connect_to(argv[1], argv[2]) : -1;
	if (fd < 0)
		return die("connect");
	while ((c = getchar()) != EOF) {
		const char byte = (char)c;

		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
			return die("send");
	}
	if (shutdown(fd, SHUT_WR) < 0)
		return die("shutdown");
	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		fwrite(buffer, 1, (size_t)n, stdout);
	return n < 0 ? die("recv") : 0;
}
