/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * http_clients.c: see http_clients.h. The table is small enough to be searched.
 */
#include "src/echod/http_clients.h"

#include <string.h>

#include "echod/attr.h"

void http_clients_init(struct http_clients *clients)
{
	memset(clients, 0, sizeof(*clients));
	for (size_t i = 0; i < ARRAY_LENGTH(clients->rows); i++)
		clients->rows[i].fd = -1;
}

static struct http_client *find(struct http_clients *clients, int fd)
{
	for (size_t i = 0; i < ARRAY_LENGTH(clients->rows); i++)
		if (clients->rows[i].fd == fd)
			return &clients->rows[i];
	return NULL;
}

unsigned http_clients_count(const struct http_clients *clients)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(clients->rows); i++)
		n += clients->rows[i].fd >= 0;
	return n;
}

static unsigned count_alike(const struct http_clients *clients, const struct peer *peer)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(clients->rows); i++) {
		const struct http_client *row = &clients->rows[i];

		n += row->fd >= 0 && row->peer.family == peer->family &&
		     memcmp(row->peer.address, peer->address, sizeof(peer->address)) == 0;
	}
	return n;
}

bool http_clients_have_room(const struct http_clients *clients)
{
	return http_clients_count(clients) < HTTP_CLIENTS_MAX;
}

bool http_clients_admit(struct http_clients *clients, const struct peer *peer, int fd,
			int64_t now_ms)
{
	struct http_client *row = find(clients, -1);

	if (!row || count_alike(clients, peer) >= HTTP_CLIENTS_PER_ADDRESS)
		return false;
	*row = (struct http_client){
		.peer = *peer, .fd = fd, .since_ms = now_ms, .body_ms = INT64_MAX
	};
	return true;
}

void http_clients_confirm(struct http_clients *clients, int fd)
{
	struct http_client *row = find(clients, fd);

	if (row)
		row->confirmed = true;
}

void http_clients_asked(struct http_clients *clients, int fd, int64_t now_ms)
{
	struct http_client *row = find(clients, fd);

	if (!row)
		return;
	row->busy = true;
	row->body_ms = now_ms;
}

void http_clients_heard(struct http_clients *clients, int fd)
{
	struct http_client *row = find(clients, fd);

	if (row)
		row->body_ms = INT64_MAX;
}

void http_clients_renew(struct http_clients *clients, int fd, int64_t now_ms)
{
	struct http_client *row = find(clients, fd);

	if (!row)
		return;
	row->busy = false;
	row->since_ms = now_ms;
	row->body_ms = INT64_MAX;
}

void http_clients_forget(struct http_clients *clients, int fd)
{
	struct http_client *row = find(clients, fd);

	if (row)
		row->fd = -1;
}

void http_clients_drop_unconfirmed(struct http_clients *clients)
{
	for (size_t i = 0; i < ARRAY_LENGTH(clients->rows); i++)
		if (!clients->rows[i].confirmed)
			clients->rows[i].fd = -1;
}

int http_clients_waiting(const struct http_clients *clients, size_t i)
{
	const struct http_client *row = &clients->rows[i];

	return row->confirmed && !row->busy && !row->ended ? row->fd : -1;
}

void http_clients_end(struct http_clients *clients, int fd)
{
	struct http_client *row = find(clients, fd);

	if (row)
		row->ended = true;
}

static int64_t row_deadline_ms(const struct http_clients *clients, const struct http_client *row)
{
	const int64_t late_ms = row->since_ms + HTTP_PATIENCE_MS;

	if (row->fd < 0 || !row->confirmed || row->ended)
		return INT64_MAX;
	if (!http_clients_have_room(clients) ||
	    count_alike(clients, &row->peer) >= HTTP_CLIENTS_PER_ADDRESS)
		return row->since_ms + HTTP_PATIENCE_CROWDED_MS;
	if (row->body_ms < late_ms - HTTP_PATIENCE_BODY_MS)
		return row->body_ms + HTTP_PATIENCE_BODY_MS;
	return late_ms;
}

int64_t http_clients_deadline_ms(const struct http_clients *clients)
{
	int64_t first_ms = INT64_MAX;

	for (size_t i = 0; i < ARRAY_LENGTH(clients->rows); i++) {
		const int64_t ms = row_deadline_ms(clients, &clients->rows[i]);

		first_ms = ms < first_ms ? ms : first_ms;
	}
	return first_ms;
}

int http_clients_next_late(const struct http_clients *clients, int64_t now_ms)
{
	for (size_t i = 0; i < ARRAY_LENGTH(clients->rows); i++)
		if (row_deadline_ms(clients, &clients->rows[i]) <= now_ms)
			return clients->rows[i].fd;
	return -1;
}
