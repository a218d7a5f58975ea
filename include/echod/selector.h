/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * selector: which descriptors are ready, after Python's selectors module, over epoll(7), poll(2) or
 * select(2). Level-triggered. One process, no locks.
 *
 * A key ties a descriptor to a set of events and to the caller's data. selector_select() waits,
 * then selector_next() hands out the ready keys one by one. Between two of them the caller may
 * register, modify and unregister anything: each handed-out key is checked by its generation, so an
 * event of a key that has gone, or of a closed and reused descriptor, is dropped.
 *
 * All errors are -errno:
 *   bad mask or 0 -EINVAL, negative or closed fd -EBADF, fd twice -EEXIST, unknown fd -ENOENT,
 *   fd >= FD_SETSIZE under select -ERANGE, no memory -ENOMEM, or what the kernel said.
 */
#ifndef ECHOD_SELECTOR_H
#define ECHOD_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct selector;

enum {
	EVENT_READ = 1 << 0,
	EVENT_WRITE = 1 << 1
};

struct selector_key {
	int fd;
	unsigned events; /* EVENT_READ | EVENT_WRITE; 0 marks an empty row of the map */
	uint32_t generation;
	void *data; /* the caller's, never touched */
};

/* What a program registers as data when it wants its loop to call it back: a struct whose first
 * member is this. selector_dispatch() uses it; the selector itself never does. */
struct selector_handler {
	void (*ready)(struct selector_handler *self, int fd, unsigned mask);
};

/* name: "epoll", "poll", "select", or NULL or "auto" for the best that opens here, in that order.
 * -EINVAL for another name, -ENOSYS for one not built in. *ret_selector is the caller's. */
int selector_open(const char *name, struct selector **ret_selector);
/* Frees it; NULL is fine. Registered descriptors stay open, and a parent's registrations stay as
 * they are when a forked child calls this. Returns NULL. */
struct selector *selector_close(struct selector *s);
/* The back end's name. */
const char *selector_name(const struct selector *s);
/* The names that this build has, best first, ended by NULL. */
const char *const *selector_names(void);
/* One more than the highest descriptor it can watch: FD_SETSIZE under select, else INT_MAX. */
int selector_fd_limit(const struct selector *s);

/* If the kernel refuses, nothing has changed. */
int selector_register(struct selector *s, int fd, unsigned events, void *data);
/* Changing only data costs no system call. If the kernel refuses, the key is gone and the caller
 * closes the descriptor. */
int selector_modify(struct selector *s, int fd, unsigned events, void *data);
/* Works also when fd was closed before. Better unregister first: a closed descriptor is quiet, but
 * epoll goes on waking up for one whose file has another copy open (dup, fork). */
int selector_unregister(struct selector *s, int fd);

/* Waits up to timeout_ms (-1: without end, 0: only looks). Returns how many descriptors are ready;
 * 0 on a timeout or when a signal interrupted, and the caller recomputes its timers. A hang-up or
 * error is reported in both directions, masked by the key's events. Events of the last batch that
 * were not fetched are forgotten. */
int selector_select(struct selector *s, int timeout_ms);
/* The next ready key of the batch and which of its events are ready. False when it is used up.
 * *ret_key is good until the next call that registers, modifies or unregisters. */
bool selector_next(struct selector *s, const struct selector_key **ret_key, unsigned *ret_mask);

/* NULL when the descriptor is not registered. Good as long as for selector_next(). */
const struct selector_key *selector_get_key(const struct selector *s, int fd);
/* All keys: a table indexed by descriptor, rows with events 0 being empty. Good as above. */
const struct selector_key *selector_get_map(const struct selector *s, size_t *ret_length);

/* Calls the struct selector_handler behind every ready key of the batch. */
void selector_dispatch(struct selector *s);

/* Milliseconds from now_ms until deadline_ms, as selector_select() takes them: -1 when deadline_ms
 * is INT64_MAX, 0 when it has passed, clipped to INT_MAX. */
int selector_timeout(int64_t deadline_ms, int64_t now_ms);

#endif
