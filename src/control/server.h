/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * server: what the files of a control server share.
 *
 *   server.c           the listening socket, how many clients, how long they may be idle
 *   server_client.c    one client: bytes in, bytes out, its end
 *   call.c             one call: what is asked, may it be, the replies
 *   varlink_service.c  the methods that every Varlink service has
 *
 * A client that has ended leaves the list at once but is freed only when no function of the server
 * is on the stack (busy), so that a callee may answer any call at any time. A start() function is
 * called from the selector loop only, never from inside control_reply().
 */
#ifndef ECHOD_CONTROL_SERVER_H
#define ECHOD_CONTROL_SERVER_H

#include "echod/control.h"
#include "echod/wire.h"

/* A received descriptor and how many bytes had been received by then: it belongs to the message
 * that holds the last of them. */
struct server_fd {
	int fd;
	uint64_t at;
};

struct server_client {
	struct selector_handler handler; /* first: the selector's data points here */
	struct control_server *server;
	struct server_client *next, *previous;
	struct control_peer peer; /* its fd is the client's socket */
	unsigned events;	  /* what is registered; 0 = nothing */
	bool added;		  /* by control_server_add() */
	bool ended;		  /* nothing more is received */
	bool closing;		  /* goes when its replies are sent */
	bool gone;		  /* off the list, to be freed */
	bool serving;		  /* serve() is on the stack */
	bool look_again;	  /* a call has ended, others may wait behind it */
	struct wire_reader reader;
	struct buf out;
	struct control_call *call; /* the one in flight; owned */
	int64_t active_ms;
	uint64_t received_bytes;
	struct server_fd *fds; /* not yet given to a call */
	size_t n_fds;
};

struct control_server {
	struct selector_handler handler; /* of the listening socket; first */
	struct control_server_settings settings;
	struct server_client *clients; /* newest first; owned */
	struct server_client *leaving; /* gone, to be freed; owned */
	size_t n_accepted;	       /* of the clients, those that max_clients bounds */
	int listen_fd;
	bool accepting;		 /* listen_fd is registered */
	int64_t accept_again_ms; /* INT64_MAX unless accepting failed */
	unsigned busy;
	struct control_counts counts;
};

struct control_call {
	struct server_client *client; /* NULL while it is being cancelled */
	json_t *message, *parameters;
	const char *method; /* qualified; in message */
	bool more, oneway;
	int *fds;
	size_t n_fds;
	void *mark;
	void (*cancelled)(struct control_call *call, void *mark);
	void (*taken)(struct control_call *call, void *mark);
};

/* ---- server.c ---- */

/* Around everything that may end a client. */
void server_enter(struct control_server *server);
void server_leave(struct control_server *server);

/* ---- server_client.c ---- */

/* fd is closed on failure. */
int server_client_new(struct control_server *server, int fd, bool added);
/* Ends it now; its memory stays until server_leave(). */
void server_client_end(struct server_client *client);
void server_client_free(struct server_client *client);
/* Queues a reply and sends what the kernel takes. NULL = there was no memory to make it. */
void server_client_reply(struct server_client *client, json_t *reply);
void server_client_flush(struct server_client *client);
/* Registers what it waits for, or ends it when there is nothing left to do. */
void server_client_update(struct server_client *client);

/* ---- call.c ---- */

/* Starts what the message (its reference is taken) asks for. 0 when it is under way or answered,
 * -EBADMSG when it is no call, -ENOMEM. fds (owned from here) came with it. */
int call_start(struct server_client *client, json_t *message, int *fds, size_t n_fds);
/* Tells the callee that nobody waits any more, and frees it. NULL is fine. */
void call_cancel(struct control_call *call);

/* ---- varlink_service.c ---- */

#define VARLINK_SERVICE "org.varlink.service"

/* Ended by a row without a name; start's user is the server. */
extern const struct control_method varlink_service_methods[];

#endif
