/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * backend.h: what a selector's back end may know of the selector, and the four functions that it
 * is. The table of keys is kept once, in selector.c; a back end only speaks to its system call.
 */
#ifndef SELECTOR_BACKEND_H
#define SELECTOR_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "echod/selector.h"

enum {
	SELECTOR_BATCH = 256 /* a batch has room for so many always, whoever is registered */
};

struct selector_backend {
	const char *name;
	int fd_limit;	  /* one more than the highest descriptor it can watch */
	size_t max_ready; /* the most descriptors that one wait reports */

	/* Makes s->state. -errno with nothing to release. */
	int (*open)(struct selector *s);
	/* The kernel shall watch events where it watched old; 0 = not at all, each. The key is in
	 * its row. -errno when that cannot be; a change to 0 is always done as far as it can be. */
	int (*update)(struct selector *s, int fd, unsigned old, unsigned events);
	/* Waits, and calls selector_ready() for every descriptor found. 0, or -errno. */
	int (*wait)(struct selector *s, int timeout_ms);
	/* Frees s->state, without a word to the kernel about the single descriptors: a forked
	 * child closes what its parent still uses. */
	void (*close)(struct selector *s);
};

/* A descriptor that was ready at the time of the wait, and whose it was then. */
struct selector_event {
	int fd;
	uint32_t generation;
	unsigned mask;
};

struct selector {
	const struct selector_backend *backend;
	void *state; /* the back end's */

	struct selector_key *keys; /* by descriptor; n_rows long, empty rows have no events */
	size_t n_rows;
	size_t n_keys;
	uint32_t generation; /* the last one given out */

	struct selector_event *ready; /* room for SELECTOR_BATCH, or every key, up to max_ready */
	size_t ready_room;
	size_t n_ready;
	size_t next; /* to hand out */
};

/* Adds to the batch. Only in wait(), at most max_ready times, once for a descriptor. */
static inline void selector_ready(struct selector *s, int fd, uint32_t generation, unsigned mask)
{
	s->ready[s->n_ready++] = (struct selector_event){ fd, generation, mask };
}

/* 0, or -EBADF when nothing is open there: for back ends whose kernel hears of a descriptor only
 * when they wait. */
int selector_probe(int fd);

/* The back ends of this build, best first, ended by NULL, and their names in the same order. One
 * table_*.c of the build has them. */
extern const struct selector_backend *const selector_backends[];
extern const char *const selector_backend_names[];

extern const struct selector_backend selector_epoll;
extern const struct selector_backend selector_poll;
extern const struct selector_backend selector_posix_select;

#endif
