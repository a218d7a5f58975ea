/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * select.c: select(2). selector.c keeps descriptors that do not fit an fd_set away from here. All
 * that is ready is reported at once.
 *
 * A descriptor that was closed without a word makes the whole call fail: it is then taken out of
 * the sets, and is as quiet as under epoll until it is unregistered. The kernel's read set covers
 * hang-ups and errors, its write set errors.
 */
#include "selector/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/select.h>

struct state {
	fd_set watched[2]; /* for reading, for writing */
	int end;	   /* one more than the highest descriptor in either */
};

static int open_select(struct selector *s)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	FD_ZERO(&state->watched[0]);
	FD_ZERO(&state->watched[1]);
	s->state = state;
	return 0;
}

static void set(fd_set *watched, int fd, unsigned events)
{
	if (events)
		FD_SET(fd, watched);
	else
		FD_CLR(fd, watched);
}

static bool is_watched(const struct state *state, int fd)
{
	return FD_ISSET(fd, &state->watched[0]) || FD_ISSET(fd, &state->watched[1]);
}

static void watch(struct state *state, int fd, unsigned events)
{
	set(&state->watched[0], fd, events & EVENT_READ);
	set(&state->watched[1], fd, events & EVENT_WRITE);
	if (events && fd >= state->end)
		state->end = fd + 1;
	while (state->end > 0 && !is_watched(state, state->end - 1))
		state->end--;
}

static int update(struct selector *s, int fd, unsigned old, unsigned events)
{
	int r = events ? selector_probe(fd) : 0;

	(void)old;
	if (r == 0)
		watch(s->state, fd, events);
	return r;
}

static void forget_closed(struct state *state)
{
	for (int fd = state->end - 1; fd >= 0; fd--)
		if (is_watched(state, fd) && selector_probe(fd) < 0)
			watch(state, fd, 0);
}

/* What the kernel left in the two sets; it counts a descriptor once in each. */
static void collect(struct selector *s, const fd_set *sets, int left)
{
	for (int fd = 0; left > 0; fd++) {
		unsigned mask = (FD_ISSET(fd, &sets[0]) ? EVENT_READ : 0u) |
				(FD_ISSET(fd, &sets[1]) ? EVENT_WRITE : 0u);

		if (!mask)
			continue;
		left -= mask == (EVENT_READ | EVENT_WRITE) ? 2 : 1;
		selector_ready(s, fd, s->keys[fd].generation, mask);
	}
}

static int wait_select(struct selector *s, int timeout_ms)
{
	struct state *state = s->state;
	fd_set sets[2] = { state->watched[0], state->watched[1] };
	struct timeval timeout = { .tv_sec = timeout_ms / 1000,
				   .tv_usec = timeout_ms % 1000 * 1000 };
	int n = select(state->end, &sets[0], &sets[1], NULL, timeout_ms < 0 ? NULL : &timeout);

	if (n < 0 && errno == EBADF) {
		forget_closed(state);
		return 0;
	}
	if (n < 0)
		return -errno;
	collect(s, sets, n);
	return 0;
}

static void close_select(struct selector *s)
{
	free(s->state);
}

const struct selector_backend selector_posix_select = {
	.name = "select",
	.fd_limit = FD_SETSIZE,
	.max_ready = FD_SETSIZE,
	.open = open_select,
	.update = update,
	.wait = wait_select,
	.close = close_select,
};
