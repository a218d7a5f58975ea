/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * server.c owns the listening socket and the list of clients: who may come, who must go.
 *
 * What always holds: at most max_clients accepted clients; when the process is out of descriptors
 * the listening socket is not registered, so a client that waits in the kernel's queue wakes nobody.
 */
#include "build.h"

#include "control/server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/clock.h"

enum {
	ACCEPTS_PER_TURN = 16,
	ACCEPT_AGAIN_MS = 1000 /* after accepting failed and nobody left */
};

static void free_leaving(struct control_server *server)
{
	struct server_client *client;

	while ((client = server->leaving)) {
		server->leaving = client->next;
		server_client_free(client);
	}
}

static void accept_on(struct control_server *server)
{
	server->accept_again_ms = INT64_MAX;
	if (server->accepting || server->listen_fd < 0)
		return;
	if (selector_register(server->settings.selector, server->listen_fd, EVENT_READ,
			      &server->handler) < 0)
		server->accept_again_ms = clock_now_ms() + ACCEPT_AGAIN_MS;
	else
		server->accepting = true;
}

static void accept_off(struct control_server *server)
{
	if (server->accepting)
		selector_unregister(server->settings.selector, server->listen_fd);
	server->accepting = false;
}

void server_enter(struct control_server *server)
{
	server->busy++;
}

void server_leave(struct control_server *server)
{
	bool some = server->leaving;

	if (server->busy == 1)
		free_leaving(server);
	server->busy--;
	if (some && server->accept_again_ms != INT64_MAX)
		accept_on(server);
}

/* The client without a call that has been idle longest, or NULL. */
static struct server_client *longest_idle(const struct control_server *server)
{
	struct server_client *found = NULL;

	for (struct server_client *c = server->clients; c; c = c->next)
		if (!c->added && !c->call && (!found || c->active_ms <= found->active_ms))
			found = c;
	return found;
}

static bool make_room(struct control_server *server)
{
	struct server_client *client;

	if (server->settings.max_clients == 0 || server->n_accepted < server->settings.max_clients)
		return true;
	client = longest_idle(server);
	if (client)
		server_client_end(client);
	return client;
}

static void welcome(struct control_server *server, int fd)
{
	if (make_room(server))
		server_client_new(server, fd, false);
	else
		close(fd);
}

/* True when accepting may go on at once. A lack of descriptors or memory does not pass by itself,
 * and the socket would stay readable: look again when a client has gone, or later. */
static bool accept_failed(struct control_server *server, int error)
{
	if (error == EINTR || error == ECONNABORTED)
		return true;
	if (error == EAGAIN)
		return false;
	accept_off(server);
	server->accept_again_ms = clock_now_ms() + ACCEPT_AGAIN_MS;
	return false;
}

static void listener_ready(struct selector_handler *self, int fd, unsigned mask)
{
	struct control_server *server = CONTAINER_OF(self, struct control_server, handler);

	(void)mask;
	server_enter(server);
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (client >= 0)
			welcome(server, client);
		else if (!accept_failed(server, errno))
			break;
	}
	server_leave(server);
}

int control_server_new(const struct control_server_settings *settings,
		       struct control_server **ret_server)
{
	struct control_server *server = calloc(1, sizeof(*server));

	if (!server)
		return -ENOMEM;
	server->handler.ready = listener_ready;
	server->settings = *settings;
	server->listen_fd = -1;
	server->accept_again_ms = INT64_MAX;
	*ret_server = server;
	return 0;
}

struct control_server *control_server_free(struct control_server *server)
{
	if (!server)
		return NULL;
	assert(server->busy == 0);
	control_server_stop_listening(server);
	server_enter(server);
	while (server->clients)
		server_client_end(server->clients);
	server_leave(server);
	free(server);
	return NULL;
}

int control_server_listen(struct control_server *server, int listen_fd)
{
	int r =
	    selector_register(server->settings.selector, listen_fd, EVENT_READ, &server->handler);

	if (r < 0) {
		close(listen_fd);
		return r;
	}
	control_server_stop_listening(server);
	server->listen_fd = listen_fd;
	server->accepting = true;
	return 0;
}

void control_server_stop_listening(struct control_server *server)
{
	accept_off(server);
	server->accept_again_ms = INT64_MAX;
	attr_close_fd(&server->listen_fd);
}

int control_server_add(struct control_server *server, int fd)
{
	return server_client_new(server, fd, true);
}

bool control_server_flush(struct control_server *server)
{
	bool nothing_left = true;
	struct server_client *next;

	server_enter(server);
	for (struct server_client *c = server->clients; c; c = next) {
		next = c->next;
		server_client_flush(c);
		if (!c->gone && buf_length(&c->out) > 0)
			nothing_left = false;
		server_client_update(c);
	}
	server_leave(server);
	return nothing_left;
}

/* Who waits for an answer may wait; who does not take the answers there are may not. */
static int64_t idle_until_ms(const struct control_server *server, const struct server_client *c)
{
	if (server->settings.idle_ms == 0 || (c->call && buf_length(&c->out) == 0))
		return INT64_MAX;
	return c->active_ms + server->settings.idle_ms;
}

int64_t control_server_deadline_ms(const struct control_server *server)
{
	int64_t deadline = server->accept_again_ms;

	for (const struct server_client *c = server->clients; c; c = c->next)
		if (idle_until_ms(server, c) < deadline)
			deadline = idle_until_ms(server, c);
	return deadline;
}

void control_server_expire(struct control_server *server, int64_t now_ms)
{
	struct server_client *next;

	server_enter(server);
	for (struct server_client *c = server->clients; c; c = next) {
		next = c->next;
		if (idle_until_ms(server, c) > now_ms)
			continue;
		server->counts.dropped += buf_length(&c->out) > 0;
		server_client_end(c);
	}
	server_leave(server);
	if (server->accept_again_ms <= now_ms)
		accept_on(server);
}

struct control_counts control_server_counts(const struct control_server *server)
{
	return server->counts;
}
