/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stage: a control server in a selector loop with a method for each way to answer, and raw clients
 * of it, all in one process. Unix sockets deliver at once, so "turn until nothing is ready" is exact
 * and needs no waiting.
 */
#ifndef TESTS_CONTROL_STAGE_H
#define TESTS_CONTROL_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "echod/control.h"
#include "echod/selector.h"

enum {
	STAGE_KEPT_MAX = 8,
	STAGE_REQUEST_MAX = 1024,
	STAGE_UNSENT_MAX = 1024 * 1024
};

struct stage {
	char directory[64], path[80];
	struct selector *selector;
	struct control_server_settings settings;
	struct control_server *server;
	struct control_call *kept[STAGE_KEPT_MAX]; /* by the method Keep */
	size_t n_kept, n_cancelled, n_refused, n_malformed, n_gone;
	bool may; /* what settings.may answers for CONTROL_ADMIN */
	int taken_fd;
	size_t n_taken, n_paced;
	char order[64]; /* of what was started, a letter each */
};

/* cmocka's setup and teardown; *state is the stage. The server is made by stage_serve(). */
int stage_setup(void **state);
int stage_teardown(void **state);

/* The server as settings now say, listening on path. */
void stage_serve(struct stage *stage);
/* Serves what is ready until nothing is. Fails the test when that does not end. */
void stage_turn(struct stage *stage);
/* How many keys the selector says are ready, now. */
int stage_ready(struct stage *stage);

/* A raw, non-blocking client, already accepted. */
int stage_connect(struct stage *stage);
void stage_send(int fd, const char *text, size_t n);
/* Sends a literal with its own NUL as terminator, or text ended by a line feed without one. */
#define STAGE_SEND(fd, literal)	     stage_send(fd, literal, sizeof(literal))
#define STAGE_SEND_LINE(fd, literal) stage_send(fd, literal, sizeof(literal) - 1)
/* What has come, NULs shown as ';'; "<end>" is appended at the end of file. Static storage. */
const char *stage_received(int fd);
/* One turn with that, then the answer must be this. */
void stage_expect(struct stage *stage, int fd, const char *text);

#endif
