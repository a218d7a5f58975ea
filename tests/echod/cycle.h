/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * cycle: the daemon's whole life, start, serve, reload, stop, with the code that ships: a child of the
 * test is the master, which forks its worker. What befalls them was told to fake_syscalls before. The
 * test itself is the peer and the operator; nothing befalls it. Include tests/cmocka_all.h first.
 */
#ifndef TESTS_ECHOD_CYCLE_H
#define TESTS_ECHOD_CYCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

enum {
	CYCLE_BYTES = 3000, /* sent in each talk */
	CYCLE_PATIENCE_MS = 30000,
	CYCLE_SAID_MAX = 16384
};

struct cycle {
	char directory[64];
	char config[96], control[96], path[96], added[96], pid_file[96];
	pid_t master;
	int out, err; /* what it says: a pipe, and a file that is read at the end */
	int port;
	bool started;
	int live; /* see cycle_open() */
	int code; /* the exit code, or -1 when it was ended by a signal */
	char said[CYCLE_SAID_MAX];
};

/* Makes the directory and the configuration, once for many cycles; and takes them away. */
void cycle_init(struct cycle *c);
void cycle_fini(struct cycle *c);

/* Starts the daemon and waits until it is ready or gone: see started. */
void cycle_start(struct cycle *c);
/* What the next reload finds: another cap for the first listener, and a third one. */
void cycle_reconfigure(struct cycle *c);

/* Where a connection goes. */
enum cycle_listener {
	CYCLE_TCP,
	CYCLE_UNIX,
	CYCLE_ADDED /* after a reload */
};

/* One connection: sends known bytes, ends its side and reads to the end. A wrong or surplus byte is
 * a failure of the test. Returns how many came back. */
size_t cycle_talk(struct cycle *c, enum cycle_listener where);
/* The same in two halves: one over TCP that lives on between them. */
void cycle_open(struct cycle *c);
size_t cycle_close(struct cycle *c);
/* One call of the control socket: the reply's object, or NULL when it was not answered. Takes the
 * reference to the parameters, which may be NULL. */
json_t *cycle_call(struct cycle *c, const char *method, json_t *parameters);
/* Waits until every process has ended, and checks that none is left over. */
void cycle_wait(struct cycle *c);
/* What a node in the directory beside the configuration is called, or NULL; "" = several. */
const char *cycle_left_over(const struct cycle *c);

#define CYCLE_FAIL(c, ...)             \
	do {                           \
		cycle_show(c);         \
		fail_msg(__VA_ARGS__); \
	} while (0)
/* Prints what the daemon said on standard error. */
void cycle_show(struct cycle *c);

#endif
