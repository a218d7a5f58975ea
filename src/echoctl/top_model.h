/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_model: what `echoctl top` knows: two statuses make rates, two lists of connections make theirs.
 * No descriptor and no clock: the caller says what time it is, in milliseconds of any clock that does
 * not jump.
 */
#ifndef ECHOD_ECHOCTL_TOP_MODEL_H
#define ECHOD_ECHOCTL_TOP_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echoctl/render.h"

enum {
	TOP_TURN_KINDS_MAX = 64
};

/* What only grows, in the status, and how fast it did. */
struct top_counts {
	int64_t accepted, rejected, received, sent, datagrams_in, datagrams_out;
};

struct top_rates {
	bool known; /* false: there is nothing yet to compare with; the others are 0 */
	double accepted, rejected, received, sent, datagrams_in, datagrams_out; /* per second */
};

/* The turns of one loop, or of all, between two statuses. Of a length only its kind is known, so each
 * is said as the limit that it did not exceed. */
struct top_turns {
	bool known;    /* there were some */
	double busy;   /* 0 to 1: how much of the time; of all loops, that of the busiest */
	bool measured; /* busy is known */
	int64_t half_us, most_us, all_us; /* 50 %, 99 %, 100 %; INT64_MAX = beyond the last limit */
};

/* All texts are borrowed from the status. */
struct top_listener {
	const char *name, *service, *transport, *state;
	const char *address, *path; /* NULL: it has none */
	int64_t port, active;
	struct top_counts counts;
	struct top_rates rates;
};

struct top_worker {
	int64_t index, pid, active, pending; /* pid 0 = none */
	const char *state;
	bool full;
	struct top_counts counts; /* accepted only */
	struct top_rates rates;	  /* the same */
	int64_t busy_us;
	int64_t turn_counts[TOP_TURN_KINDS_MAX];
	struct top_turns turns;
};

/* Texts are borrowed from row. */
struct top_connection {
	json_t *row; /* as the daemon told it; a reference */
	const char *listener, *peer, *proxied_peer /* or NULL */, *state;
	int64_t id, age_ms, idle_ms, received, sent, pending;
	bool known; /* how fast it is */
	double received_rate, sent_rate;
};

struct top_status {
	json_t *answer; /* a reference; NULL = none yet */
	int64_t at_ms;
	const char *version, *state;
	int64_t pid, start_time_s, uptime_s;
	int64_t active, pending, paused;
	struct top_counts counts;
	struct top_rates rates;
	struct top_turns turns;
	int64_t limits_us[TOP_TURN_KINDS_MAX];
	size_t n_kinds; /* one more than limits; 0 = this daemon does not measure */
	struct top_listener *listeners;
	size_t n_listeners;
	struct top_worker *workers;
	size_t n_workers;
};

enum top_order {
	TOP_BY_RATE, /* the largest first, of all but id */
	TOP_BY_BYTES,
	TOP_BY_IDLE,
	TOP_BY_AGE,
	TOP_BY_PENDING,
	TOP_BY_RECEIVED,
	TOP_BY_SENT,
	TOP_BY_ID,
	TOP_ORDERS
};

/* What was counted of the connections of one list, by id. */
struct top_mark {
	int64_t id, received, sent;
};

struct top_marks {
	struct top_mark *marks; /* in the order of their ids */
	size_t n;
	int64_t at_ms; /* INT64_MIN = there was no list */
};

struct top_model {
	struct top_status status;
	int64_t interval_ms; /* between the last two statuses; 0 = there is only one */
	struct top_connection *connections;
	size_t n_connections, n_incoming; /* shown, and behind them those of a list under way */
	struct top_marks before, last;	  /* the lists of the last two intervals */
	char note[RENDER_WRONG_SIZE];	  /* why there is no list, or "" */
};

void top_model_init(struct top_model *m);
void top_model_fini(struct top_model *m);

/* A status (borrowed; a reference is kept). 0; -EPROTO with what is wrong with it, -ENOMEM, and
 * nothing has changed. Rates are against the status before, if that is of the same daemon. */
int top_model_take_status(struct top_model *m, const json_t *answer, int64_t now_ms,
			  char ret_wrong[static RENDER_WRONG_SIZE]);

/* A page of a list of connections, in the same way: they are not among connections before the end. */
int top_model_take_page(struct top_model *m, const json_t *answer,
			char ret_wrong[static RENDER_WRONG_SIZE]);
/* The list is whole. interval: it is the one of this interval, with which later ones are compared;
 * otherwise one in between, because another order was wanted. -ENOMEM: the old one stays. */
int top_model_end_list(struct top_model *m, bool interval, int64_t now_ms);
/* Nobody wants it any more: it is forgotten, and the old one stays. */
void top_model_drop_list(struct top_model *m);
/* There will be no list, and why: the old one is forgotten. */
void top_model_no_list(struct top_model *m, const char *why);

void top_model_sort(struct top_model *m, enum top_order order, bool reverse);

/* "rate", "bytes", ...: what --sort calls it. */
const char *top_order_name(enum top_order order);
/* -EINVAL. */
int top_order_parse(const char *name, enum top_order *ret_order);

#endif
