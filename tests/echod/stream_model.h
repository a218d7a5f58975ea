/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_model: what the peers, the kernel and the model know of the connections of a play, between
 * stream_model.c, which says what must hold, and stream_play.c, which makes things happen. Include
 * tests/cmocka_all.h first.
 */
#ifndef TESTS_ECHOD_STREAM_MODEL_H
#define TESTS_ECHOD_STREAM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/conn.h"
#include "tests/echod/pump.h"
#include "tests/fake/fake_syscalls.h"
#include "tests/random.h"

enum {
	LINKS = 4,
	RETIME_MS = 100,  /* until a timer that could not be started is */
	SEND_REST_MS = 50 /* after the kernel had no memory to send with */
};

struct link {
	struct stream_play *play;
	int fd;
	bool open;
	/* the peer and the kernel */
	size_t queued;	  /* bytes that the peer sent and nobody has read */
	size_t peer_sent; /* all that it sent */
	size_t room;	  /* bytes that the kernel will take before EAGAIN */
	bool peer_ends;
	int recv_error, send_error, shutdown_error;
	/* the model */
	enum conn_state state;
	enum close_reason reason;
	unsigned may; /* reasons that this step may end it for, as bits */
	bool ended;   /* its end was read while OPEN */
	bool shut;
	bool cut;		/* what is unsent need not come any more */
	size_t in_length;	/* bytes read while OPEN */
	size_t received;	/* all that were read */
	size_t out_length;	/* bytes that the peer got */
	size_t unsent;		/* after the step before */
	unsigned receives;	/* in this turn */
	int64_t rests_until_ms; /* nothing is sent before; 0 = it does not rest */
};

struct stream_play {
	struct pump pump;
	struct random_source random;
	uint64_t seed;
	const struct service *service;
	struct link links[LINKS];
	size_t turns;
	bool calm; /* nothing is interrupted, cut short or late any more */
	int64_t accepted, received, sent, closed[CLOSE_REASONS];
};

#define BIT(reason) (1u << (reason))
#define CHECK(p, truth)                                              \
	do {                                                         \
		if (!(truth))                                        \
			model_breach(p, #truth, __FILE__, __LINE__); \
	} while (0)

/* What the pump's calls on a link's descriptor do. */
extern const struct fake_socket model_kernel;

struct conn *model_conn(const struct link *link);
unsigned model_below(struct stream_play *p, unsigned n);
/* True once in n times; never when calm. */
bool model_one_in(struct stream_play *p, unsigned n);
/* What has happened to the connection since the last look must have been allowed. */
void model_look(struct link *link);
/* A timer could not be started: all are started again, but not at once. */
bool model_timers_wait(const struct stream_play *p);
/* Between steps: everything that must hold. */
void model_check(struct stream_play *p);
_Noreturn void model_breach(const struct stream_play *p, const char *what, const char *file,
			    int line);

#endif
