/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * deadline.c owns the queues, one ring per duration with its head in a heap object of its own,
 * because timers point to it. What always holds: the timers of a ring are in the order of since(),
 * and as they share one duration the one behind the head runs out first.
 *
 * A ring that has emptied keeps its duration, so that a lone timer is renewed without an allocation,
 * until another duration needs a ring.
 */
#include "echod/deadline.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct queue {
	struct deadline head; /* of a ring; alone when the queue is empty */
	int64_t duration_ms;
};

struct deadlines {
	int64_t (*since)(const struct deadline *timer);
	struct queue **queues; /* count of them; owned */
	size_t count;
};

int deadlines_new(int64_t (*since)(const struct deadline *timer), struct deadlines **ret_deadlines)
{
	struct deadlines *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->since = since;
	*ret_deadlines = d;
	return 0;
}

static bool queue_is_empty(const struct queue *q)
{
	return q->head.next == &q->head;
}

struct deadlines *deadlines_free(struct deadlines *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->count; i++) {
		assert(queue_is_empty(d->queues[i]));
		free(d->queues[i]);
	}
	free(d->queues);
	free(d);
	return NULL;
}

static struct queue *find(const struct deadlines *d, int64_t duration_ms)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->queues[i]->duration_ms == duration_ms)
			return d->queues[i];
	return NULL;
}

static struct queue *find_empty(const struct deadlines *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (queue_is_empty(d->queues[i]))
			return d->queues[i];
	return NULL;
}

/* One more queue, empty and of no duration yet; NULL when there is no memory. The array grows by
 * one: it is as long as the list of distinct durations, and that changes with a configuration. */
static struct queue *add_queue(struct deadlines *d)
{
	struct queue **queues = reallocarray(d->queues, d->count + 1, sizeof(struct queue *));
	struct queue *q;

	if (!queues)
		return NULL;
	d->queues = queues;
	q = malloc(sizeof(*q));
	if (!q)
		return NULL;
	q->head.prev = q->head.next = &q->head;
	d->queues[d->count++] = q;
	return q;
}

static struct queue *find_or_make(struct deadlines *d, int64_t duration_ms)
{
	struct queue *q = find(d, duration_ms);

	if (q)
		return q;
	q = find_empty(d);
	if (!q)
		q = add_queue(d);
	if (q)
		q->duration_ms = duration_ms;
	return q;
}

static void insert_behind(struct deadline *place, struct deadline *timer)
{
	timer->prev = place;
	timer->next = place->next;
	place->next->prev = timer;
	place->next = timer;
}

int deadline_start(struct deadlines *d, struct deadline *timer, int64_t duration_ms)
{
	struct queue *q;
	struct deadline *place;

	assert(duration_ms > 0);
	q = find_or_make(d, duration_ms);
	if (!q)
		return -ENOMEM;
	deadline_stop(timer);
	place = q->head.prev;
	while (place != &q->head && d->since(place) > d->since(timer))
		place = place->prev;
	insert_behind(place, timer);
	return 0;
}

void deadline_stop(struct deadline *timer)
{
	if (!timer->next)
		return;
	timer->prev->next = timer->next;
	timer->next->prev = timer->prev;
	timer->prev = timer->next = NULL;
}

bool deadline_is_started(const struct deadline *timer)
{
	return timer->next;
}

static struct deadline *front(const struct queue *q)
{
	return queue_is_empty(q) ? NULL : q->head.next;
}

/* The timer that runs out first and when; NULL and INT64_MAX when none ever does. */
static struct deadline *earliest(const struct deadlines *d, int64_t *ret_at_ms)
{
	struct deadline *first = NULL;

	*ret_at_ms = INT64_MAX;
	for (size_t i = 0; i < d->count; i++) {
		struct deadline *timer = front(d->queues[i]);
		int64_t at;

		if (!timer)
			continue;
		at = deadline_at_ms(d->since(timer), d->queues[i]->duration_ms);
		if (at < *ret_at_ms) {
			*ret_at_ms = at;
			first = timer;
		}
	}
	return first;
}

int64_t deadlines_next_ms(const struct deadlines *d)
{
	int64_t at;

	earliest(d, &at);
	return at;
}

struct deadline *deadlines_expire(struct deadlines *d, int64_t now_ms)
{
	int64_t at;
	struct deadline *timer = earliest(d, &at);

	if (!timer || at > now_ms)
		return NULL;
	deadline_stop(timer);
	return timer;
}

struct deadline *deadlines_oldest(const struct deadlines *d, int64_t duration_ms)
{
	const struct queue *q = find(d, duration_ms);

	return q ? front(q) : NULL;
}
