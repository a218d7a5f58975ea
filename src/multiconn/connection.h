/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * connection: one connection's way through its messages, on bytes and answers alone; the sockets are
 * the caller's business (run.c).
 *
 *   WAITING -> CONNECTING -> TALKING -> HELD -> ENDING -> OVER
 *      ^___________/ next address                          ^
 *                  any failure ____________________________|
 *
 * TALKING sends and verifies. HELD has verified its last byte and stays open until every other
 * connection is decided, so that all are open at once. ENDING has shut down its sending side and
 * reads to EOF. OVER has been counted, as verified or as failed.
 */
#ifndef MULTICONN_CONNECTION_H
#define MULTICONN_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"
#include "echod/deadline.h"
#include "multiconn/pattern.h"

/* The fixed words, in the order in which the folded counts are printed. */
enum failure {
	FAILURE_NONE,
	FAILURE_REFUSED,
	FAILURE_TIMEOUT,
	FAILURE_RESET,
	FAILURE_UNREACHABLE,
	FAILURE_EOF,	   /* the peer ended without a byte */
	FAILURE_SHORTFALL, /* the peer ended in the middle */
	FAILURE_MISMATCH,  /* a wrong byte, or one too many */
	FAILURE_DNS,
	FAILURE_LOCAL_LIMIT,
	FAILURES
};

const char *failure_word(enum failure failure);
/* What an errno value of connect, send or recv means. connected: it came on a connection that had
 * been established. */
enum failure failure_of_error(int error, bool connected);

enum connection_state {
	CONNECTION_WAITING,
	CONNECTION_CONNECTING,
	CONNECTION_TALKING,
	CONNECTION_HELD,
	CONNECTION_ENDING,
	CONNECTION_OVER
};

struct connection {
	struct deadline timer;
	int64_t since_ms;    /* when the timer was last started */
	size_t sent;	     /* offsets into the pattern */
	size_t verified;     /* or, with another service than echo, bytes of its answer */
	struct buf answer;   /* of a service whose answer is judged as a whole; owned */
	int fd;		     /* -1 without one; owned */
	uint32_t address;    /* which of the addresses is being tried */
	uint8_t state;	     /* enum connection_state */
	bool established;    /* was connected at some time */
	bool owes_header;    /* a PROXY header goes before everything else, and is no part of it */
	uint8_t header_sent; /* bytes of it */
};

/* Why a connection failed, for one line of text. The pointers are good until the next receive. */
struct problem {
	enum failure failure;
	int error;		 /* errno value behind it, or 0 */
	bool established;	 /* it had been connected: bytes are lost, not just a connection */
	size_t offset;		 /* of the first byte that is wrong or missing */
	size_t n_expected;	 /* how many are from there on; 0 = the end was expected */
	const uint8_t *expected; /* MISMATCH: these, against those that came */
	const char *wanted;	 /* in their stead, and for what is missing: in words, or NULL */
	const uint8_t *received; /* NULL = not kept */
	size_t n_received;
	size_t datagram;  /* its number from 1, and offset is within it; 0 = a stream */
	size_t n_missing; /* datagrams that were not answered, */
	size_t n_late;	  /* and those that were too late */
};

void connection_init(struct connection *c);
/* Frees its answer; the descriptor is the caller's. */
void connection_fini(struct connection *c);

/* It is connected now, and may have to begin with a header. */
void connection_established(struct connection *c, const struct pattern *p, bool owes_header);
/* So many more bytes of the header, which has so many in all, are sent. */
void connection_header_done(struct connection *c, size_t n, size_t length);
/* What to send next: the rest of the current message; 0 when nothing is left. */
size_t connection_send_data(const struct connection *c, const struct pattern *p,
			    const uint8_t **ret_data);
/* True when the next byte to send is the first of a message. */
bool connection_at_message(const struct connection *c, const struct pattern *p);
void connection_send_done(struct connection *c, size_t n);
/* After either: it becomes HELD when everything is sent and nothing is to be answered. */
void connection_sent(struct connection *c, const struct pattern *p);

/* Takes n received bytes: counts the right ones, and becomes HELD with the last. False on a wrong or
 * surplus byte, with the problem. */
bool connection_received(struct connection *c, const struct pattern *p, const uint8_t *data,
			 size_t n, struct problem *ret_problem);
/* Does an end or an error now mean a loss? Until all is verified; and where nothing is ever answered,
 * until the peer's own end in good order, the only sign that it took what was sent. */
bool connection_owes_end(const struct connection *c, const struct pattern *p);

/* The peer has ended. False when bytes are missing, with the problem. */
bool connection_eof(const struct connection *c, const struct pattern *p,
		    struct problem *ret_problem);

/* The problem of an errno value, as things stand. */
struct problem connection_error(const struct connection *c, const struct pattern *p, int error);
/* The answer has no end but ours: while HELD nothing more of it is read. */
bool connection_is_endless(const struct pattern *p);
/* EVENT_READ, EVENT_WRITE, as the state asks; 0 = not now, or
 * without a descriptor. */
unsigned connection_wants(const struct connection *c, const struct pattern *p);

#endif
