/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * connections: the verbs about listeners and connections. Each returns an enum exit_code.
 */
#ifndef ECHOD_ECHOCTL_CONNECTIONS_H
#define ECHOD_ECHOCTL_CONNECTIONS_H

#include <stdint.h>

struct options;
struct session;

#define CONNECTION_ID_MAX ((INT64_C(1) << 53) - 1)

/* Is the order one that a list can have? Are the arguments ids, and for disconnect: is it said which
 * connections, in one way only? -EINVAL with options->message. */
int check_connections(struct options *options);
int check_show(struct options *options);
int check_disconnect(struct options *options);

int run_listeners(struct session *session);
int run_connections(struct session *session);
int run_show(struct session *session);
int run_disconnect(struct session *session);

#endif
