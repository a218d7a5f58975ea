/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run_state: what the files of a run share. run.c owns the loop, run_connect.c the way to an
 * established connection, run_talk.c its bytes, run_udp.c datagrams, run_patience.c for how long what
 * is on its way holds back the next, run_end.c timers, registration and the end. What
 * always holds: a connection with a descriptor is registered for what connection_wants() says; each
 * in CONNECTING, TALKING or ENDING has a timer; undecided counts those neither established nor over.
 *
 * Any of these functions may find that the connection has to fail; then it is over when it returns.
 */
#ifndef MULTICONN_RUN_STATE_H
#define MULTICONN_RUN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/deadline.h"
#include "echod/selector.h"
#include "multiconn/connection.h"
#include "multiconn/exchange.h"
#include "multiconn/run.h"

enum {
	RUN_RECEIVE_BYTES = 65536, /* per ready connection and turn */
	RUN_SEND_BYTES = 65536,
	RUN_CONNECTING_MAX = 512,
	RUN_CONNECTING_MORE = 64 /* each time that nothing comes of those */
};

struct run {
	const struct run_settings *settings;
	const struct pattern *pattern;
	struct tally *tally;
	struct selector *selector;   /* owned */
	struct deadlines *deadlines; /* owned */
	struct connection *connections;
	struct exchange *exchanges; /* one for each connection; NULL without UDP; owned */
	uint8_t *messages;	    /* theirs; owned */
	size_t sending;		    /* which connection's turn it is to send datagrams */
	size_t in_flight;	    /* datagrams of all of them */
	int64_t rest_until_ms;	    /* there was no memory for a datagram; 0 = there was */
	int64_t paced_ms;	    /* when those that nothing answers were last taken as arrived */
	bool full;		    /* only what is on its way holds the next datagram back */
	bool unheard;		    /* nothing has come since patience was over last */
	int64_t quiet_since_ms;	    /* nothing has come, or begun, or been over */
	int64_t longest_trip_ms;    /* of what was answered in time */
	uint8_t *scratch;	    /* RUN_RECEIVE_BYTES; owned */
	size_t n;		    /* connections that fit */
	size_t next;		    /* the first not started yet */
	size_t connecting;	    /* connects under way */
	size_t connecting_max;	    /* RUN_CONNECTING_MAX, or more when nothing comes of them */
	size_t undecided;
	size_t unfinished; /* not over */
	int64_t now_ms;	   /* of this turn */
	int64_t start_ns;
	int64_t full_since_ms; /* the Unix socket's queue has been full; 0 = it is not */
	bool released;	       /* HELD connections have been let go */
};

/* ---- run_end.c ---- */

/* The number by which people know it, from 1. */
size_t run_id_of(const struct run *run, const struct connection *c);
/* Where it is or wants to be connected to. */
const struct net_address *run_address_of(const struct run *run, const struct connection *c);
/* Registers what the connection wants, if that has changed; false when it had to fail. */
bool run_watch(struct run *run, struct connection *c);
/* Starts or renews its timer; false when it had to fail. */
bool run_start_timer(struct run *run, struct connection *c, int64_t duration_ms);
/* Timer, registration and descriptor go; the connection may try again. */
void run_drop_descriptor(struct run *run, struct connection *c);
void run_fail(struct run *run, struct connection *c, const struct problem *problem);
void run_fail_error(struct run *run, struct connection *c, int error);
void run_succeed(struct run *run, struct connection *c);
/* All is verified and nobody is waited for: our side ends, and only the peer's end is awaited. */
void run_end(struct run *run, struct connection *c);

/* ---- run_talk.c ---- */

void run_send_turn(struct run *run, struct connection *c);
void run_receive_turn(struct run *run, struct connection *c);

/* ---- run_patience.c ---- */

/* The first of those that are waited for now is on its way. */
void run_patience_begin(struct run *run);
/* Something has come. */
void run_patience_heard(struct run *run);
/* What c began or sent, when its timer was started, has been answered in time. */
void run_patience_trip(struct run *run, const struct connection *c);
/* How long, in ms, what is on its way may still hold back the next. */
int run_patience_left_ms(const struct run *run);
/* True once each time that this is over. */
bool run_patience_is_over(struct run *run);

/* ---- run_udp.c ---- */

/* Memory for the exchanges. -ENOMEM. */
int run_udp_open(struct run *run);
void run_udp_close(struct run *run);
/* Sends what may be on its way now, connection by connection. */
void run_udp_send(struct run *run);
/* When to do so again at the latest, in ms; -1 = whenever something has happened. */
int run_udp_again_ms(const struct run *run);
void run_udp_ready(struct run *run, struct connection *c, unsigned mask);
void run_udp_expired(struct run *run, struct connection *c);
/* It waits no more for the others: only for what comes too much. */
void run_udp_end(struct run *run, struct connection *c);
/* EVENT_READ, EVENT_WRITE. */
unsigned run_udp_wants(const struct run *run, const struct connection *c);
/* The connection is over, or starts again: nothing of it is on its way any more, and what is in no
 * sum yet is unfinished. */
void run_udp_forget(struct run *run, struct connection *c);

/* ---- run_connect.c ---- */

/* What was connected is refused before it has answered: its next address, or the end. */
void run_connect_again(struct run *run, struct connection *c, int error);

/* Starts connections as far as may be now. */
void run_start_some(struct run *run);
/* A connect under way has come to this errno value, or 0. */
void run_connect_decided(struct run *run, struct connection *c, int error);
/* When to call run_start_some() again at the latest, in ms; -1 = whenever something has happened. */
int run_start_again_ms(const struct run *run);

#endif
