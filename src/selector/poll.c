/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * poll.c: poll(2).
 *
 * The array that the kernel reads is dense: a key that goes is replaced by the last one. slots[fd]
 * says where a descriptor's entry is; it is valid only while the descriptor is watched. All that is
 * ready is reported at once, so nobody waits for a turn.
 *
 * A descriptor that was closed without a word would end every wait at once: its entry is silenced
 * (poll ignores negative ones), and it is as quiet as under epoll until it is unregistered.
 */
#include "selector/backend.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

enum {
	FIRST_ROOM = 64
};

struct state {
	struct pollfd *entries;
	size_t n, room;
	uint32_t *slots; /* by descriptor */
	size_t n_slots;
};

static int open_poll(struct selector *s)
{
	s->state = calloc(1, sizeof(struct state));
	return s->state ? 0 : -ENOMEM;
}

static short to_kernel(unsigned events)
{
	return (short)((events & EVENT_READ ? POLLIN : 0) | (events & EVENT_WRITE ? POLLOUT : 0));
}

static unsigned from_kernel(short events)
{
	return (events & (POLLIN | POLLHUP | POLLERR) ? EVENT_READ : 0u) |
	       (events & (POLLOUT | POLLHUP | POLLERR) ? EVENT_WRITE : 0u);
}

/* Room for one more entry, and a slot for every row of keys. */
static int make_room(struct selector *s, struct state *state)
{
	if (state->n_slots < s->n_rows) {
		uint32_t *slots = reallocarray(state->slots, s->n_rows, sizeof(*slots));

		if (!slots)
			return -ENOMEM;
		state->slots = slots;
		state->n_slots = s->n_rows;
	}
	if (state->n == state->room) {
		size_t room = state->room ? state->room * 2 : FIRST_ROOM;
		struct pollfd *entries = reallocarray(state->entries, room, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		state->entries = entries;
		state->room = room;
	}
	return 0;
}

static int add(struct selector *s, struct state *state, int fd)
{
	int r = make_room(s, state);

	if (r == 0)
		state->slots[fd] = (uint32_t)state->n++;
	return r;
}

/* The descriptor of an entry, silenced or not. */
static int descriptor_of(const struct pollfd *entry)
{
	return entry->fd < 0 ? ~entry->fd : entry->fd;
}

static void drop(struct state *state, int fd)
{
	uint32_t slot = state->slots[fd];

	state->entries[slot] = state->entries[--state->n];
	state->slots[descriptor_of(&state->entries[slot])] = slot;
}

static int update(struct selector *s, int fd, unsigned old, unsigned events)
{
	struct state *state = s->state;
	int r;

	if (!events) {
		drop(state, fd);
		return 0;
	}
	r = selector_probe(fd);
	if (r == 0 && !old)
		r = add(s, state, fd);
	if (r < 0)
		return r;
	state->entries[state->slots[fd]] = (struct pollfd){ .fd = fd, .events = to_kernel(events) };
	return 0;
}

static int wait_poll(struct selector *s, int timeout_ms)
{
	struct state *state = s->state;
	int left = poll(state->entries, state->n, timeout_ms);

	if (left < 0)
		return -errno;
	for (struct pollfd *entry = state->entries; left > 0; entry++) {
		if (!entry->revents)
			continue;
		left--;
		if (entry->revents & POLLNVAL)
			entry->fd = ~entry->fd;
		else
			selector_ready(s, entry->fd, s->keys[entry->fd].generation,
				       from_kernel(entry->revents));
	}
	return 0;
}

static void close_poll(struct selector *s)
{
	struct state *state = s->state;

	free(state->entries);
	free(state->slots);
	free(state);
}

const struct selector_backend selector_poll = {
	.name = "poll",
	.fd_limit = INT_MAX,
	.max_ready = INT_MAX,
	.open = open_poll,
	.update = update,
	.wait = wait_poll,
	.close = close_poll,
};
