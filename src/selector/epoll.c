/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * epoll.c: epoll(7), level-triggered.
 *
 * The kernel keeps a descriptor's generation beside its number and gives both back, so an event of
 * a number that was closed and used again is told from the new one's. A closed descriptor leaves
 * the set by itself, unless a copy of it (dup, fork) is still open: unregister first, then close.
 *
 * For the same reason a wait may report more than there are keys, but never more than a batch holds.
 *
 * More may be ready than one wait reports. The kernel then puts the reported ones at the end of its
 * list, so that everybody gets a turn.
 */
#include "selector/backend.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct state {
	int fd;
	struct epoll_event events[SELECTOR_BATCH];
};

static int open_epoll(struct selector *s)
{
	struct state *state = malloc(sizeof(*state));
	int error;

	if (!state)
		return -ENOMEM;
	state->fd = epoll_create1(EPOLL_CLOEXEC);
	if (state->fd < 0) {
		error = errno;
		free(state);
		return -error;
	}
	s->state = state;
	return 0;
}

static uint32_t to_kernel(unsigned events)
{
	return (events & EVENT_READ ? EPOLLIN : 0u) | (events & EVENT_WRITE ? EPOLLOUT : 0u);
}

static unsigned from_kernel(uint32_t events)
{
	return (events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? EVENT_READ : 0u) |
	       (events & (EPOLLOUT | EPOLLHUP | EPOLLERR) ? EVENT_WRITE : 0u);
}

static int update(struct selector *s, int fd, unsigned old, unsigned events)
{
	const struct state *state = s->state;
	int operation = !old ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
	struct epoll_event event = {
		.events = to_kernel(events),
		.data.u64 = (uint64_t)s->keys[fd].generation << 32 | (uint32_t)fd,
	};
	int r = epoll_ctl(state->fd, operation, fd, &event);

	/* Still there although the key has gone: closed first, and the same file is back. */
	if (r < 0 && errno == EEXIST)
		r = epoll_ctl(state->fd, EPOLL_CTL_MOD, fd, &event);
	return r < 0 ? -errno : 0;
}

static int wait_epoll(struct selector *s, int timeout_ms)
{
	struct state *state = s->state;
	int n = epoll_wait(state->fd, state->events, SELECTOR_BATCH, timeout_ms);

	if (n < 0)
		return -errno;
	for (const struct epoll_event *e = state->events; e < state->events + n; e++)
		selector_ready(s, (int)(uint32_t)e->data.u64, (uint32_t)(e->data.u64 >> 32),
			       from_kernel(e->events));
	return 0;
}

static void close_epoll(struct selector *s)
{
	struct state *state = s->state;

	close(state->fd);
	free(state);
}

const struct selector_backend selector_epoll = {
	.name = "epoll",
	.fd_limit = INT_MAX,
	.max_ready = SELECTOR_BATCH,
	.open = open_epoll,
	.update = update,
	.wait = wait_epoll,
	.close = close_epoll,
};
