/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_rig: a connection, its owner's loan and clock, and what its peer got, for tests that say step
 * by step what happens. Include tests/cmocka_all.h first.
 */
#ifndef TESTS_CONN_RIG_H
#define TESTS_CONN_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/conn.h"

enum {
	RIG_LOAN = 1 << 17,
	RIG_OUT = 1 << 20
};

struct rig {
	struct conn c;
	struct conn_rules rules;
	struct conn_loan loan;
	int64_t now_ms;
	size_t out_length;
	int last_error; /* of the last conn call that may fail */
	uint8_t memory[RIG_LOAN];
	uint8_t out[RIG_OUT];
};

extern const struct service_context rig_context;

/* The one rig, with an OPEN connection at 1000 ms. Change r->rules later as a reload would. */
struct rig *rig_open(const struct service *service, size_t max_pending);
/* Frees the connection. */
void rig_close(struct rig *r);

/* One receive of up to n bytes; how many there was space for. */
size_t rig_receive(struct rig *r, const void *data, size_t n);
/* The kernel takes up to n bytes, then no more. */
void rig_send(struct rig *r, size_t n);
/* Settles, and shuts down when wanted; true when it did. */
bool rig_settle(struct rig *r);
/* A whole turn of these: receives what there is space for, sends up to room, settles. */
size_t rig_turn(struct rig *r, const void *data, size_t n, size_t room);
/* The peer ends its side, then sending and settling as above. */
void rig_end(struct rig *r, size_t room);

/* What the peer has got so far. */
void rig_assert_out(const struct rig *r, const char *text);

#endif
