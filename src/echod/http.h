/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * http: a small HTTP server in the caller's selector loop, over libmicrohttpd. It knows connections,
 * methods and headers; what there is to see at a path, the caller says.
 *
 * GET and HEAD, nothing else; HTTP/1.0 and 1.1. Clients are bounded in number, also of one address,
 * in memory, and in time: a request, from the first moment that it might come to the last byte of
 * its answer, has HTTP_PATIENCE_MS, and much less while others find no place, or where a body is
 * still to come that is of no use to anybody.
 *
 * A build without libmicrohttpd has http_none.c, where http_open() is -ENOSYS.
 */
#ifndef ECHOD_HTTP_H
#define ECHOD_HTTP_H

#include <stdint.h>

struct http;
struct selector;

enum {
	HTTP_CLIENTS_MAX = 32,
	HTTP_CLIENTS_PER_ADDRESS = 16,
	HTTP_PATIENCE_MS = 10 * 1000,
	HTTP_PATIENCE_BODY_MS = 5000,	 /* for what comes behind a request's headers */
	HTTP_PATIENCE_CROWDED_MS = 1000, /* where no more clients fit, in all or of this address */
	HTTP_CLIENT_BYTES = 16 * 1024	 /* of a request's line and headers */
};

struct http_reply {
	unsigned status;
	const char *type; /* the Content-Type; static */
	char *text;	  /* from malloc(), taken */
};

/* What a GET of this path, which is decoded and without its query, is answered with. Asked at most
 * once for a path in one turn of the loop: clients of the same moment share the answer. 0, -ENOENT
 * when nothing is there, -ENOMEM. */
typedef int http_answer(const char *path, struct http_reply *ret_reply, void *user);

/* Of all servers together that were given them: they only grow. */
struct http_counts {
	int64_t accepted;
	int64_t rejected;      /* closed: their address had as many as one may */
	int64_t timed_out;     /* ended: their time was over, without a request or before its end */
	int64_t accept_errors; /* not accepted, or accepted and not served for want of something */
};

struct http_settings {
	struct selector *selector; /* borrowed, longer-lived */
	int listen_fd;		   /* the server's from here, also on failure */
	http_answer *answer;
	void *user;		    /* handed to answer */
	struct http_counts *counts; /* borrowed, longer-lived */
};

/* Begins to serve. *ret_http is the caller's. -ENOSYS, -ENOMEM, or what the selector said. */
int http_open(const struct http_settings *settings, struct http **ret_http);
/* Ends every client and closes the listening socket; not from inside answer(). NULL is fine. Returns
 * NULL. */
struct http *http_close(struct http *http);
/* How many clients there are now. NULL is fine. */
unsigned http_count_clients(const struct http *http);
/* When to call http_expire() at the latest, INT64_MAX = never, and that call. NULL is fine. */
int64_t http_deadline_ms(const struct http *http);
void http_expire(struct http *http, int64_t now_ms);

#endif
