/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * listener: an endpoint as a worker sees it: the rules of its connections, its counters, and the
 * accepting from the slots that are assigned to this worker.
 */
#ifndef ECHOD_LISTENER_H
#define ECHOD_LISTENER_H

#include <stdbool.h>

#include "echod/conn.h"
#include "echod/datagram.h"
#include "echod/guard.h"
#include "echod/message.h"
#include "echod/selector.h"
#include "src/echod/config.h"
#include "src/echod/endpoints.h"

struct udp_unsent;
struct worker;
struct worker_config;

struct listener {
	struct selector_handler handler; /* first: registered for each slot's socket */
	struct worker *worker;
	struct conn_rules rules;	      /* of its connections, which point here */
	struct message_settings message;      /* of its service, if that is message */
	struct json_t *dictionary;	      /* that of the settings: a reference */
	struct guard_listener guard_rules;    /* its networks are those of config */
	struct datagram_rules datagram_rules; /* of a UDP listener; its networks as above */
	struct worker_config *config;	      /* a reference; NULL = what the worker began with */
	struct endpoint_sockets *sockets;     /* a reference */
	struct stats_endpoint *stats;
	struct udp_unsent **unsent;	/* of a UDP listener, by slot; NULL = nothing. Owned */
	unsigned proxy_versions;	/* of headers that are taken; 0 = no proxy in front */
	struct guard_acl proxy_trusted; /* who may send one; the configuration's */
	int64_t proxy_ms;		/* how long it may take; 0 = for ever */
	char *name;
	size_t n_conns; /* that live on its rules */
	bool retiring;	/* no longer in the configuration, but still served */
	bool closed;	/* its sockets are gone; freed after its last connection */
};

/* *ret_listener is the worker's; it holds a reference to the sockets. -ENOMEM. */
int listener_new(struct worker *w, const struct config_listener *config,
		 struct endpoint_sockets *sockets, struct listener **ret_listener);
/* Takes new rules, but not a new service, for the connections there are too; without memory its name
 * stays the old one. They are part of owner; NULL if the caller sees to it that they live long
 * enough. */
void listener_configure(struct listener *l, const struct config_listener *config,
			struct worker_config *owner);
/* Waits on its sockets no more, because they close or are another listener's: it is left to its
 * connections. */
void listener_leave(struct listener *l);
/* NULL is fine. No connection may be left. */
void listener_free(struct listener *l);
/* The listener whose rules a connection follows. */
struct listener *listener_of(const struct conn *c);

/* Registers the sockets of the slots that the worker serves, unregisters the others; what the
 * worker's state allows decides too. Called whenever either has changed. */
void listener_update(struct listener *l);
/* In listener_accept.c. The handler: one bounded turn of accepting. */
void listener_ready(struct selector_handler *handler, int fd, unsigned mask);
/* Nothing is taken from any listener for a moment: what failed may pass. */
void listener_rest(struct worker *w);
/* Accepts, or answers, until nothing waits on the slots that the worker serves. */
void listener_accept_waiting(struct listener *l);
/* Closes our copies of the sockets that others serve. */
void listener_close_unserved(struct listener *l);
/* Accepts what waits and closes the sockets; the listener lives on for its connections. */
void listener_close(struct listener *l);

/* In listener_admit.c. An accepted connection of this client becomes a stream, or is refused; proxy
 * and header as in stream_open(). fd is taken. */
void listener_admit(struct listener *l, int fd, const struct peer *peer, const struct peer *proxy,
		    const struct service_proxy *header);
/* The same of a connection that is to begin with a proxy's header. */
void listener_admit_proxy(struct listener *l, int fd, const struct peer *proxy);
void listener_count_rejected(struct listener *l, const struct peer *peer,
			     enum reject_reason reason);
/* Counts it, says it, and closes fd. */
void listener_reject(struct listener *l, int fd, const struct peer *peer, const struct peer *proxy,
		     enum reject_reason reason);

#endif
