/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * client.c owns the calling end that simply waits: poll(2) until a deadline.
 */
#include "build.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "control/fds.h"
#include "echod/clock.h"
#include "echod/control.h"
#include "echod/net.h"
#include "echod/wire.h"

enum {
	READ_BYTES = 64 * 1024,
	REPLY_MAX_BYTES = 16 * 1024 * 1024
};

struct control_client {
	int fd;
	struct wire_reader reader;
};

static int64_t deadline_of(int64_t timeout_ms)
{
	int64_t now = clock_now_ms();

	return timeout_ms > INT64_MAX - now ? INT64_MAX : now + timeout_ms;
}

static int64_t left_until(int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_now_ms();

	return left > 0 ? left : 0;
}

/* 0 when the events are there, -ETIMEDOUT, or what poll says. Not asked when no time is left: events
 * that come to nothing each time must not go on for ever. */
static int wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd one = { .fd = fd, .events = events };
	int64_t left;

	while ((left = left_until(deadline_ms)) > 0) {
		int r = poll(&one, 1, left > INT_MAX ? INT_MAX : (int)left);

		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
	return -ETIMEDOUT;
}

/* A Unix socket whose backlog is full makes connect(2) wait, for as long as SO_SNDTIMEO says; a
 * non-blocking one could not be waited for with poll(2). */
static int connect_until(int fd, const struct net_address *address, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = left_until(deadline_ms);
		struct timeval t = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };

		if (left == 0)
			return -ETIMEDOUT;
		if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)) < 0)
			return -errno;
		if (connect(fd, &address->any, address->length) == 0)
			return 0;
		if (errno == EAGAIN)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

int control_client_open(const char *path, int64_t timeout_ms, struct control_client **ret_client)
{
	struct net_address address;
	struct control_client *client;
	CLEANUP_FD int fd = -1;
	int r = net_parse_path(path, &address);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect_until(fd, &address, deadline_of(timeout_ms));
	if (r == 0)
		r = net_set_nonblocking(fd);
	if (r < 0)
		return r;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->fd = TAKE_FD(fd);
	wire_reader_init(&client->reader, REPLY_MAX_BYTES);
	*ret_client = client;
	return 0;
}

struct control_client *control_client_close(struct control_client *client)
{
	if (!client)
		return NULL;
	wire_reader_fini(&client->reader);
	close(client->fd);
	free(client);
	return NULL;
}

static int send_all(struct control_client *client, struct buf *bytes, int64_t deadline_ms)
{
	while (buf_length(bytes) > 0) {
		ssize_t n = fds_send(client->fd, buf_data(bytes), buf_length(bytes), NULL, 0);
		int r = 0;

		if (n >= 0)
			buf_consume(bytes, (size_t)n);
		else if (n == -EAGAIN)
			r = wait_for(client->fd, POLLOUT, deadline_ms);
		else
			r = n == -EPIPE ? -ECONNRESET : (int)n;
		if (r < 0)
			return r;
	}
	return 0;
}

int control_client_send(struct control_client *client, const char *method, json_t *parameters,
			bool more, int64_t timeout_ms)
{
	struct buf bytes = { 0 };
	json_t *call = json_pack("{s:s, s:o*}", "method", method, "parameters", parameters);
	int r = call ? 0 : -ENOMEM;

	if (r == 0 && more && json_object_set_new(call, "more", json_true()) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = wire_write(&bytes, call, WIRE_NUL);
	if (r == 0)
		r = send_all(client, &bytes, deadline_of(timeout_ms));
	json_decref(call);
	buf_fini(&bytes);
	return r;
}

/* 0 when bytes were added to the reader. */
static int receive_some(struct control_client *client, int64_t deadline_ms)
{
	uint8_t bytes[READ_BYTES];
	ssize_t n = fds_receive_none(client->fd, bytes, sizeof(bytes));

	if (n > 0)
		return wire_reader_push(&client->reader, bytes, (size_t)n);
	if (n == 0)
		return -ECONNRESET;
	if (n == -EAGAIN)
		return wait_for(client->fd, POLLIN, deadline_ms);
	return (int)n;
}

int control_client_receive(struct control_client *client, int64_t timeout_ms, json_t **ret_reply)
{
	int64_t deadline = deadline_of(timeout_ms);
	int r;

	while ((r = wire_reader_next(&client->reader, ret_reply)) == 0) {
		r = receive_some(client, deadline);
		if (r < 0)
			return r;
	}
	return r == 1 ? 0 : r == -EMSGSIZE ? -EBADMSG : r;
}

int control_client_call(struct control_client *client, const char *method, json_t *parameters,
			int64_t timeout_ms, json_t **ret_reply)
{
	int64_t deadline = deadline_of(timeout_ms);
	int r = control_client_send(client, method, parameters, false, timeout_ms);

	return r < 0 ? r : control_client_receive(client, left_until(deadline), ret_reply);
}

int control_client_fd(const struct control_client *client)
{
	return client->fd;
}
