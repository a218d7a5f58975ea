/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_expect: what must come out of a connection for what went in, for models to compare with.
 */
#ifndef TESTS_CONN_EXPECT_H
#define TESTS_CONN_EXPECT_H

#include "echod/service.h"

/* What a peer sends at this place: now and then a line feed or an x. */
uint8_t expect_peer_byte(size_t position);
/* The answer's byte at i, when in_length of the peer's bytes were read. */
uint8_t expect_byte(const struct service *service, size_t in_length, size_t i);
/* How many bytes are owed for all that was read, the peer's end included. */
size_t expect_length(const struct service *service, size_t in_length);

#endif
