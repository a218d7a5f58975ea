/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * notify_fallback.c: notify_send.h without libsystemd: one datagram per message, to a path or, with
 * a leading @, to an abstract name (sd_notify(3)). A unit of Type=notify never waits in vain because
 * a library was absent.
 */
#include "src/echod/notify_send.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "echod/parse.h"

static bool manager_address(struct sockaddr_un *ret_address, socklen_t *ret_length)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t n = name ? strlen(name) : 0;

	if (n < 2 || n >= sizeof(ret_address->sun_path) || (name[0] != '/' && name[0] != '@'))
		return false;
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path, name, n);
	if (name[0] == '@')
		ret_address->sun_path[0] = '\0';
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return true;
}

void notify_send(const char *lines)
{
	struct sockaddr_un address;
	socklen_t length;
	ssize_t n;
	int fd;

	if (!manager_address(&address, &length))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	do
		n = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL,
			   (const struct sockaddr *)&address, length);
	while (n < 0 && errno == EINTR);
	close(fd);
}

/* A number in the environment, or 0. */
static int64_t number_of(const char *name)
{
	const char *text = getenv(name);
	int64_t value;

	return text && parse_integer(text, 1, INT64_MAX, &value) == 0 ? value : 0;
}

uint64_t notify_watchdog_usec(void)
{
	if (getenv("WATCHDOG_PID") && number_of("WATCHDOG_PID") != getpid())
		return 0;
	return (uint64_t)number_of("WATCHDOG_USEC");
}
