/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * notifyd PATH: a service manager's ear, for whole-program tests. It receives what is sent to the
 * datagram socket PATH (NOTIFY_SOCKET) and prints each line as it comes, after "ready". It ends by
 * a signal.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int die(const char *what)
{
	fprintf(stderr, "notifyd: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char lines[4096];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fputs("usage: notifyd PATH\n", stderr);
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return die(argv[1]);
	/* The daemon may be another user by then. */
	if (chmod(argv[1], 0666) < 0)
		return die(argv[1]);
	puts("ready");
	while (fflush(stdout) == 0 && (n = recv(fd, lines, sizeof(lines) - 1, 0)) >= 0) {
		lines[n] = '\0';
		printf("%s%s", lines, n > 0 && lines[n - 1] == '\n' ? "" : "\n");
	}
	return die("receive");
}
