/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * selector.c: the table of keys and the batch of ready ones, written once for every back end.
 *
 * What always holds: a row with events is watched by the kernel with just these events, or was
 * closed behind our back; every registration has a generation of its own; the batch has room for
 * all that a wait can report, so that waiting never allocates.
 */
#include "echod/selector.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "selector/backend.h"

enum {
	FIRST_ROWS = 64
};

/* All names there are, also of back ends that this build lacks. */
static const char *const known_names[] = { "epoll", "poll", "select" };

static int open_backend(struct selector *s, const struct selector_backend *backend)
{
	s->backend = backend;
	return backend->open(s);
}

static int open_best(struct selector *s)
{
	int r = -ENOSYS;

	for (size_t i = 0; selector_backends[i] && r < 0; i++)
		r = open_backend(s, selector_backends[i]);
	return r;
}

static int open_named(struct selector *s, const char *name)
{
	for (size_t i = 0; selector_backends[i]; i++)
		if (strcmp(selector_backends[i]->name, name) == 0)
			return open_backend(s, selector_backends[i]);
	for (size_t i = 0; i < sizeof(known_names) / sizeof(known_names[0]); i++)
		if (strcmp(known_names[i], name) == 0)
			return -ENOSYS;
	return -EINVAL;
}

static int grow_batch(struct selector *s, size_t room)
{
	struct selector_event *ready = reallocarray(s->ready, room, sizeof(*ready));

	if (!ready)
		return -ENOMEM;
	s->ready = ready;
	s->ready_room = room;
	return 0;
}

int selector_open(const char *name, struct selector **ret_selector)
{
	struct selector *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	r = grow_batch(s, SELECTOR_BATCH);
	if (r == 0)
		r = !name || strcmp(name, "auto") == 0 ? open_best(s) : open_named(s, name);
	if (r < 0) {
		free(s->ready);
		free(s);
		return r;
	}
	*ret_selector = s;
	return 0;
}

struct selector *selector_close(struct selector *s)
{
	if (!s)
		return NULL;
	s->backend->close(s);
	free(s->keys);
	free(s->ready);
	free(s);
	return NULL;
}

const char *selector_name(const struct selector *s)
{
	return s->backend->name;
}

const char *const *selector_names(void)
{
	return selector_backend_names;
}

int selector_fd_limit(const struct selector *s)
{
	return s->backend->fd_limit;
}

int selector_probe(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? -errno : 0;
}

/* A row for fd; the new ones are empty. */
static int make_rows(struct selector *s, int fd)
{
	size_t n = s->n_rows ? s->n_rows : FIRST_ROWS;
	struct selector_key *keys;

	if ((size_t)fd < s->n_rows)
		return 0;
	while (n <= (size_t)fd)
		n *= 2;
	keys = reallocarray(s->keys, n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	memset(keys + s->n_rows, 0, (n - s->n_rows) * sizeof(*keys));
	s->keys = keys;
	s->n_rows = n;
	return 0;
}

/* Room in the batch for one key more, as far as a wait can report so many. */
static int make_ready_room(struct selector *s)
{
	if (s->n_keys < s->ready_room || s->ready_room >= s->backend->max_ready)
		return 0;
	return grow_batch(s, s->ready_room * 2);
}

static struct selector_key *find(const struct selector *s, int fd)
{
	if (fd < 0 || (size_t)fd >= s->n_rows || !s->keys[fd].events)
		return NULL;
	return &s->keys[fd];
}

static int check(int fd, unsigned events)
{
	if (!events || events & ~(unsigned)(EVENT_READ | EVENT_WRITE))
		return -EINVAL;
	return fd < 0 ? -EBADF : 0;
}

static void forget(struct selector *s, struct selector_key *key)
{
	key->events = 0;
	s->n_keys--;
}

int selector_register(struct selector *s, int fd, unsigned events, void *data)
{
	struct selector_key *key;
	int r = check(fd, events);

	if (r < 0)
		return r;
	if (find(s, fd))
		return -EEXIST;
	if (fd >= s->backend->fd_limit)
		return -ERANGE;
	r = make_rows(s, fd);
	if (r == 0)
		r = make_ready_room(s);
	if (r < 0)
		return r;
	key = &s->keys[fd];
	*key = (struct selector_key){ fd, events, ++s->generation, data };
	s->n_keys++;
	r = s->backend->update(s, fd, 0, events);
	if (r < 0)
		forget(s, key);
	return r;
}

int selector_modify(struct selector *s, int fd, unsigned events, void *data)
{
	struct selector_key *key = find(s, fd);
	int r = check(fd, events);

	if (r < 0)
		return r;
	if (!key)
		return -ENOENT;
	if (events != key->events) {
		r = s->backend->update(s, fd, key->events, events);
		if (r < 0) {
			(void)selector_unregister(s, fd);
			return r;
		}
	}
	key->events = events;
	key->data = data;
	return 0;
}

int selector_unregister(struct selector *s, int fd)
{
	struct selector_key *key = find(s, fd);

	if (!key)
		return fd < 0 ? -EBADF : -ENOENT;
	/* The kernel's answer does not matter: a closed descriptor is gone already. */
	(void)s->backend->update(s, fd, key->events, 0);
	forget(s, key);
	return 0;
}

int selector_select(struct selector *s, int timeout_ms)
{
	int r;

	s->n_ready = 0;
	s->next = 0;
	r = s->backend->wait(s, timeout_ms);
	if (r < 0)
		return r == -EINTR ? 0 : r;
	return (int)s->n_ready;
}

bool selector_next(struct selector *s, const struct selector_key **ret_key, unsigned *ret_mask)
{
	while (s->next < s->n_ready) {
		const struct selector_event *event = &s->ready[s->next++];
		const struct selector_key *key = find(s, event->fd);

		if (!key || key->generation != event->generation || !(event->mask & key->events))
			continue;
		*ret_key = key;
		*ret_mask = event->mask & key->events;
		return true;
	}
	return false;
}

const struct selector_key *selector_get_key(const struct selector *s, int fd)
{
	return find(s, fd);
}

const struct selector_key *selector_get_map(const struct selector *s, size_t *ret_length)
{
	*ret_length = s->n_rows;
	return s->keys;
}

void selector_dispatch(struct selector *s)
{
	const struct selector_key *key;
	unsigned mask;

	while (selector_next(s, &key, &mask)) {
		struct selector_handler *handler = key->data;

		assert(handler);
		handler->ready(handler, key->fd, mask);
	}
}

int selector_timeout(int64_t deadline_ms, int64_t now_ms)
{
	uint64_t left = (uint64_t)deadline_ms - (uint64_t)now_ms;

	if (deadline_ms == INT64_MAX)
		return -1;
	if (deadline_ms <= now_ms)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}
