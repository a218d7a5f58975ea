/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * session: a conversation with the daemon, and the words and exit codes for all that may go wrong in
 * it. Every function that returns an exit code has said on standard error why it is not 0.
 */
#ifndef ECHOD_ECHOCTL_SESSION_H
#define ECHOD_ECHOCTL_SESSION_H

#include "echoctl/options.h"
#include "echod/control.h"

struct session {
	const struct options *options;
	struct control_client *client;
	char *path; /* of the socket that answered */
	int64_t deadline_ms;
	int64_t end_ms;	    /* when a stream is left, without a word; 0 = when it ends */
	int64_t silence_ms; /* after how long of it a stream that has begun is; 0 = a failure */
	bool begun;	    /* the stream's first reply has come */
	bool by_name;	    /* the user himself named the method and its parameters */
	bool may_go;	    /* that the daemon goes is no news */
	bool may_be_busy;   /* nor that it has too many clients: SESSION_BUSY */
};

enum {
	SESSION_PATIENCE_MS = 10000, /* longer than the daemon waits for a worker */
	SESSION_TIME_IS_UP = -1,     /* in place of an exit code: see end_ms and silence_ms */
	SESSION_BUSY = -2	     /* likewise: see may_be_busy */
};

/* Connects, from when the time of --timeout runs. An exit code. */
int session_open(struct session *session, const struct options *options);
/* The same for a verb whose --timeout means another time. */
int session_open_within(struct session *session, const struct options *options, int64_t timeout_ms);
void session_close(struct session *session);

/* One call and its reply's parameters, an object and the caller's reference. method is qualified;
 * parameters' reference is taken. An exit code. */
int session_call(struct session *session, const char *method, json_t *parameters,
		 json_t **ret_parameters);
/* The two halves of that: the whole reply, which may be an error; and what it holds, or the words for
 * its error. Exit codes. */
int session_ask(struct session *session, const char *method, json_t *parameters,
		json_t **ret_reply);
int session_take(const struct session *session, const char *method, const json_t *reply,
		 json_t **ret_parameters);
/* One call with "more": page() gets each reply's parameters (borrowed) and whether it is the last, and
 * returns an exit code that ends it unless EXIT_OK. --timeout is for each reply. Also returns
 * SESSION_TIME_IS_UP and SESSION_BUSY. */
int session_stream(struct session *session, const char *method, json_t *parameters,
		   int (*page)(const json_t *parameters, bool last, void *user), void *user);
/* For one who calls in his own way: says what -errno of a call means. An exit code. */
int session_failed(const struct session *session, int error);
/* Gives what follows this time, unless --timeout was given. */
void session_wait_longer(struct session *session, int64_t timeout_ms);
/* Waits until the daemon has gone: it closes our connection, and its socket no longer answers. */
int session_wait_gone(struct session *session, int64_t timeout_ms);

/* Prints what is to be printed so far; says why where that cannot be. An exit code. */
int session_flush(void);
/* "echoctl: TEXT" on standard error, without control characters. */
void session_complain(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
