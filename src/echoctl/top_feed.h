/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_feed: where `echoctl top` has its numbers from: over one connection the daemon tells its status
 * at each interval, over another it is asked for lists of connections. Nothing here waits but for a
 * connection. What is told by the functions in struct top_feed comes from inside the selector loop.
 */
#ifndef ECHOD_ECHOCTL_TOP_FEED_H
#define ECHOD_ECHOCTL_TOP_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "echoctl/session.h"
#include "echoctl/top_model.h"

struct top_feed {
	/* Set by the owner, all borrowed. */
	struct session *session;
	struct selector *selector;
	int64_t interval_ms;
	void (*status)(const json_t *answer, void *user);
	void (*page)(const json_t *answer, bool last, void *user);
	void (*no_list)(const char *why, void *user);
	void *user;

	/* Its own. */
	struct control_link *status_link, *list_link;
	bool heard;	     /* over this status_link */
	bool lost;	     /* status_link has been */
	bool listing;	     /* a list is under way */
	json_t *refusal;     /* a reply that ends all; a reference */
	int64_t deadline_ms; /* until when the next status is awaited */
	int64_t again_ms;    /* when another connection may be made */
};

/* Takes over the connection of the session. -errno. */
int top_feed_open(struct top_feed *feed);
void top_feed_close(struct top_feed *feed);
/* The list of those that are first in this order, unless one is under way. */
void top_feed_ask_list(struct top_feed *feed, enum top_order order, bool reverse, int64_t rows);

int64_t top_feed_deadline_ms(const struct top_feed *feed);
/* To be called with each turn. A daemon that has closed its connection is looked for once more.
 * *ret_code is an enum exit_code, and what it means has been said, when this returns false: it is over.
 * before_words() is called before anything is said. */
bool top_feed_turn(struct top_feed *feed, int64_t now_ms, void (*before_words)(void *user),
		   int *ret_code);
/* We were stopped ourselves: the time did not count. */
void top_feed_renew(struct top_feed *feed, int64_t now_ms);

#endif
