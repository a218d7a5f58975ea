/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_walk: one client's call that the master answers by asking its workers, one after another,
 * a page at a time. What always holds: at most one question is out; nothing is asked for a client
 * that has gone; a worker that is absent or dies is passed over, one that does not answer ends the
 * call with WorkerTimeout.
 *
 *     walk_begin ──> asking ──answer──> page() ──walk_next()──> asking ... ──last worker──> done()
 *                                         └──walk_end()──> over
 */
#ifndef ECHOD_HANDLERS_WALK_H
#define ECHOD_HANDLERS_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct control_call;
struct master;
struct walk;

struct walk_steps {
	const char *method; /* of echod.Worker */
	/* May be NULL: all workers. Is there anything to ask this one? */
	bool (*concerns)(const struct walk *walk);
	/* What to ask; "cursor" is added. A new reference; NULL = no memory. */
	json_t *(*ask)(const struct walk *walk);
	/* An answer's parameters. It calls walk_next() or walk_end(), now or later. */
	void (*page)(struct walk *walk, const json_t *answer);
	/* Every worker was asked. It calls walk_end(). */
	void (*done)(struct walk *walk);
	/* The client went before the end; may be NULL. */
	void (*abandoned)(struct walk *walk);
	/* Frees the struct that the walk is in, and all that it owns. */
	void (*free)(struct walk *walk);
};

/* First in the struct of whoever walks. */
struct walk {
	const struct walk_steps *steps;
	struct master *master;
	struct control_call *call; /* NULL: over, or its client has gone */
	json_t *wanted;		   /* the client's parameters; a reference */
	unsigned worker, end;	   /* the next to ask, and the one behind the last */
	int64_t cursor;		   /* where in that worker; 0 = at the beginning */
	bool asking;
};

/* Keeps the call and asks the first of the workers from..end-1 (cut to those there are). */
void walk_begin(struct walk *walk, const struct walk_steps *steps, struct control_call *call,
		struct master *m);
/* Asks for the next page. */
void walk_next(struct walk *walk);
/* Answers the call for the last time, with OutOfMemory when there are no parameters; their reference
 * is taken. The walk is gone afterwards. */
void walk_end(struct walk *walk, json_t *parameters);
void walk_fail(struct walk *walk, const char *error, json_t *parameters);
/* The call is over without an answer, because control_reply_more() said so. Likewise. */
void walk_drop(struct walk *walk);

#endif
