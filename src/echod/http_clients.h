/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * http_clients: who is being served over HTTP, and until when. A table of rows, no system call.
 *
 *   free ──admit──> admitted ──confirm──> served ──late──> ended ──┐
 *     ^─────────────forget, drop_unconfirmed──────forget───────────┘
 */
#ifndef ECHOD_HTTP_CLIENTS_H
#define ECHOD_HTTP_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/peer.h"
#include "src/echod/http.h"

struct http_client {
	struct peer peer;
	int fd;		  /* -1 = this row is free */
	bool confirmed;	  /* the descriptor is still that of this client */
	bool busy;	  /* a request of it is being answered */
	bool ended;	  /* its time was over, or it will not ask any more */
	int64_t since_ms; /* since when it may ask, or is being answered */
	int64_t body_ms;  /* since when the rest of its request is awaited; INT64_MAX = is not */
};

struct http_clients {
	struct http_client rows[HTTP_CLIENTS_MAX];
};

void http_clients_init(struct http_clients *clients);
bool http_clients_have_room(const struct http_clients *clients);
/* A row for this one, or false when there is none, or no more for its address. */
bool http_clients_admit(struct http_clients *clients, const struct peer *peer, int fd,
			int64_t now_ms);
unsigned http_clients_count(const struct http_clients *clients);
/* The client of this descriptor is being served; it has asked, and what may follow is awaited; that has
 * come; it has been answered and may ask again; it has gone. Unknown ones are nobody's. */
void http_clients_confirm(struct http_clients *clients, int fd);
void http_clients_asked(struct http_clients *clients, int fd, int64_t now_ms);
void http_clients_heard(struct http_clients *clients, int fd);
void http_clients_renew(struct http_clients *clients, int fd, int64_t now_ms);
void http_clients_forget(struct http_clients *clients, int fd);
/* Forgets all that were admitted and not confirmed since. */
void http_clients_drop_unconfirmed(struct http_clients *clients);
/* When the first one's time is over; INT64_MAX = nobody's. */
int64_t http_clients_deadline_ms(const struct http_clients *clients);
/* Of the row i: the descriptor of a client from whom we wait to hear, or -1. */
int http_clients_waiting(const struct http_clients *clients, size_t i);
/* It was ended: nothing is expected of it but its going. */
void http_clients_end(struct http_clients *clients, int fd);
/* The descriptor of one whose time is over, which is to be ended or renewed; or -1. */
int http_clients_next_late(const struct http_clients *clients, int64_t now_ms);

#endif
