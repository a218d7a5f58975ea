/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_services: services made up for the tests of conn, one for each thing that a service may do.
 */
#ifndef TESTS_CONN_SERVICES_H
#define TESTS_CONN_SERVICES_H

#include "echod/service.h"

/* Each byte comes back twice. Keeps nothing but what it has no room for. */
extern const struct service service_double;
/* Each four bytes come back in reverse. At the end a rest is answered with '!'. */
extern const struct service service_units;
/* Echoes one line and closes. */
extern const struct service service_line;
/* Echoes, and calls an 'x' a breach of the protocol. */
extern const struct service service_picky;
/* Sends stream_byte(0), stream_byte(1), ... for ever and does not listen. */
extern const struct service service_stream;
/* Greets with "hi\n" and closes. */
extern const struct service service_greet;

uint8_t stream_byte(size_t position);

#endif
