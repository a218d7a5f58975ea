/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * server_client.c owns one client of a server: its socket, what it sent and what it is owed.
 *
 * One call is in flight at a time; what was sent behind it waits in the reader, and reading pauses
 * while that is more than a request's length. The interest in events is derived in one place:
 *
 *     EVENT_READ   it may send more, and there is room
 *     EVENT_WRITE  replies wait, or (look_again) a call has ended and others may wait behind it
 */
#include "build.h"

#include "control/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/credentials.h"
#include "control/fds.h"
#include "echod/clock.h"
#include "echod/net.h"

enum {
	READ_BYTES = 16 * 1024,
	READS_PER_TURN = 4,
	FDS_KEPT_MAX = 4 * FDS_MAX /* descriptors that no message has claimed yet */
};

static void client_ready(struct selector_handler *self, int fd, unsigned mask);

/* ---- Life ---- */

int server_client_new(struct control_server *server, int fd, bool added)
{
	struct server_client *client = calloc(1, sizeof(*client));
	int r = client ? 0 : -ENOMEM;

	if (r == 0 && added)
		r = net_set_nonblocking(fd);
	if (r == 0)
		r = selector_register(server->settings.selector, fd, EVENT_READ, &client->handler);
	if (r < 0) {
		free(client);
		close(fd);
		return r;
	}
	client->handler.ready = client_ready;
	client->server = server;
	client->added = added;
	client->events = EVENT_READ;
	client->active_ms = clock_now_ms();
	credentials_of(fd, &client->peer);
	wire_reader_init(&client->reader, server->settings.max_request_bytes);
	client->next = server->clients;
	if (client->next)
		client->next->previous = client;
	server->clients = client;
	server->n_accepted += !added;
	server->counts.clients++;
	return 0;
}

void server_client_end(struct server_client *client)
{
	struct control_server *server = client->server;

	if (client->gone)
		return;
	client->gone = true;
	if (client->events)
		selector_unregister(server->settings.selector, client->peer.fd);
	client->events = 0;
	if (client->previous)
		client->previous->next = client->next;
	else
		server->clients = client->next;
	if (client->next)
		client->next->previous = client->previous;
	client->next = server->leaving;
	server->leaving = client;
	server->n_accepted -= !client->added;
	server->counts.clients--;
}

void server_client_free(struct server_client *client)
{
	struct control_server *server = client->server;

	call_cancel(client->call);
	if (client->added && server->settings.gone)
		server->settings.gone(client->peer.fd, server->settings.user);
	close(client->peer.fd);
	for (size_t i = 0; i < client->n_fds; i++)
		close(client->fds[i].fd);
	free(client->fds);
	wire_reader_fini(&client->reader);
	buf_fini(&client->out);
	free(client);
}

/* ---- Replies ---- */

void server_client_flush(struct server_client *client)
{
	while (!client->gone && buf_length(&client->out) > 0) {
		ssize_t n = fds_send(client->peer.fd, buf_data(&client->out),
				     buf_length(&client->out), NULL, 0);

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			server_client_end(client);
			return;
		}
		buf_consume(&client->out, (size_t)n);
		client->active_ms = clock_now_ms();
	}
}

/* The answer when there is no memory for the answer. */
static int write_out_of_memory(struct server_client *client)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "{\"error\":\"%s.OutOfMemory\",\"parameters\":{}}",
			 client->server->settings.interface);

	if (n < 0 || (size_t)n >= sizeof(text))
		return -EINVAL;
	if (client->reader.mode == WIRE_LINE)
		text[n] = '\n';
	return buf_append(&client->out, text, (size_t)n + 1);
}

/* One reply is sent however long it is; what was left unread before it must not be too much. */
void server_client_reply(struct server_client *client, json_t *reply)
{
	struct control_server *server = client->server;
	const size_t before = buf_length(&client->out);
	size_t length;

	if (client->gone)
		return;
	if (!reply || wire_write(&client->out, reply, client->reader.mode) < 0) {
		if (write_out_of_memory(client) < 0) {
			server_client_end(client);
			return;
		}
	}
	length = buf_length(&client->out) - before;
	server_client_flush(client);
	if (!client->gone &&
	    buf_length(&client->out) > server->settings.max_unsent_bytes + length) {
		server->counts.dropped++;
		server_client_end(client);
	}
}

/* ---- Requests ---- */

/* Takes the descriptors that came with the message just taken from the reader. */
static int claim_fds(struct server_client *client, int **ret_fds, size_t *ret_n)
{
	uint64_t taken = client->received_bytes - buf_length(&client->reader.bytes);
	size_t n = 0;
	int *fds;

	while (n < client->n_fds && client->fds[n].at <= taken)
		n++;
	if (n == 0)
		return 0;
	fds = calloc(n, sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		fds[i] = client->fds[i].fd;
	client->n_fds -= n;
	memmove(client->fds, client->fds + n, client->n_fds * sizeof(*client->fds));
	*ret_fds = fds;
	*ret_n = n;
	return 0;
}

/* What was sent is no call. What it was answered so far still goes out. */
static void malformed(struct server_client *client, int error)
{
	struct control_server *server = client->server;
	const char *why = error == -EMSGSIZE ? "too long" : "not a call";

	if (error == -ENOMEM) {
		server_client_end(client);
		return;
	}
	if (error == -ENODATA)
		why = "ended in the middle of a call";
	server->counts.malformed++;
	client->closing = true;
	if (server->settings.malformed)
		server->settings.malformed(&client->peer, why, server->settings.user);
}

static int serve_next(struct server_client *client)
{
	json_t *message;
	int *fds = NULL;
	size_t n_fds = 0;
	int r = wire_reader_next(&client->reader, &message);

	if (r == 0 && client->ended && (client->reader.depth > 0 || client->reader.complete))
		return -ENODATA;
	if (r <= 0)
		return r;
	client->active_ms = clock_now_ms();
	r = claim_fds(client, &fds, &n_fds);
	if (r < 0)
		json_decref(message);
	else
		r = call_start(client, message, fds, n_fds);
	return r < 0 ? r : 1;
}

static void serve(struct server_client *client)
{
	int r = 1;

	client->serving = true;
	client->look_again = false;
	while (r > 0 && !client->gone && !client->closing && !client->call)
		r = serve_next(client);
	client->serving = false;
	if (r < 0 && !client->gone)
		malformed(client, r);
}

static int keep_fds(struct server_client *client, const int *fds, size_t n)
{
	size_t total = client->n_fds + n;
	struct server_fd *more = NULL;

	if (n == 0)
		return 0;
	if (total <= FDS_KEPT_MAX)
		more = realloc(client->fds, total * sizeof(*more));
	if (!more) {
		for (size_t i = 0; i < n; i++)
			close(fds[i]);
		return -ENOMEM;
	}
	client->fds = more;
	for (size_t i = 0; i < n; i++)
		more[client->n_fds++] = (struct server_fd){ fds[i], client->received_bytes };
	return 0;
}

/* At the end of what it sends: does nobody listen either to the answer to the call in flight? */
static bool has_left(const struct server_client *client)
{
	struct pollfd one = { .fd = client->peer.fd };

	return client->call && !client->call->oneway && poll(&one, 1, 0) == 1 &&
	       (one.revents & POLLHUP);
}

/* One piece of what it sends. 1 = there may be more, 0 = not now. */
static int receive(struct server_client *client)
{
	uint8_t bytes[READ_BYTES];
	int fds[FDS_MAX];
	size_t n_fds = 0;
	ssize_t n;

	if (client->added)
		n = fds_receive(client->peer.fd, bytes, sizeof(bytes), fds, &n_fds);
	else
		n = fds_receive_none(client->peer.fd, bytes, sizeof(bytes));
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	client->received_bytes += (uint64_t)n;
	client->ended = n == 0;
	if (keep_fds(client, fds, n_fds) < 0)
		return -ENOMEM;
	if (client->ended)
		return has_left(client) ? -ECONNRESET : 0;
	return wire_reader_push(&client->reader, bytes, (size_t)n) < 0 ? -ENOMEM : 1;
}

/* ---- The selector ---- */

static unsigned wanted_events(const struct server_client *client)
{
	size_t waiting = buf_length(&client->reader.bytes);
	bool room = !client->call || waiting <= client->server->settings.max_request_bytes;
	unsigned events = 0;

	if (!client->ended && !client->closing && room)
		events |= EVENT_READ;
	if (buf_length(&client->out) > 0 || client->look_again)
		events |= EVENT_WRITE;
	return events;
}

static bool is_done(const struct server_client *client)
{
	if (client->call || buf_length(&client->out) > 0)
		return false;
	return client->closing || (client->ended && !client->look_again);
}

void server_client_update(struct server_client *client)
{
	struct selector *selector = client->server->settings.selector;
	unsigned wanted = wanted_events(client);
	int r = 0;

	if (client->gone)
		return;
	if (is_done(client)) {
		server_client_end(client);
		return;
	}
	if (wanted == client->events)
		return;
	if (client->events == 0)
		r = selector_register(selector, client->peer.fd, wanted, &client->handler);
	else if (wanted == 0)
		selector_unregister(selector, client->peer.fd);
	else
		r = selector_modify(selector, client->peer.fd, wanted, &client->handler);
	client->events = r < 0 ? 0 : wanted;
	if (r < 0)
		server_client_end(client);
}

static void read_and_serve(struct server_client *client)
{
	for (int i = 0; i < READS_PER_TURN; i++) {
		int r;

		if (client->gone || !(wanted_events(client) & EVENT_READ))
			return;
		r = receive(client);
		if (r < 0)
			server_client_end(client);
		else
			serve(client);
		if (r <= 0)
			return;
	}
}

/* Sends what waits; when that was the last of it, a callee who waits for that may go on. */
static void flush_and_tell(struct server_client *client)
{
	const bool waited = buf_length(&client->out) > 0;
	struct control_call *call;

	server_client_flush(client);
	call = client->call;
	if (waited && !client->gone && call && call->taken && buf_length(&client->out) == 0)
		call->taken(call, call->mark);
}

static void client_ready(struct selector_handler *self, int fd, unsigned mask)
{
	struct server_client *client = CONTAINER_OF(self, struct server_client, handler);
	struct control_server *server = client->server;

	(void)fd;
	server_enter(server);
	flush_and_tell(client);
	if (client->look_again)
		serve(client);
	if (mask & EVENT_READ)
		read_and_serve(client);
	server_client_update(client);
	server_leave(server);
}
