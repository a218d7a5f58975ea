/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * watchdog.c: rounds of questions. There is one round at a time: as long as a worker owes its answer,
 * the next one waits, and the manager hears nothing.
 */
#include "src/echod/watchdog.h"

#include <errno.h>

#include "src/echod/master.h"
#include "src/echod/notify.h"

void watchdog_start(struct master *m)
{
	m->watchdog.interval_ms = notify_watchdog_interval_ms();
	m->watchdog.due_ms = m->watchdog.interval_ms > 0 ? m->now_ms : INT64_MAX;
}

int64_t watchdog_deadline_ms(const struct master *m)
{
	return m->watchdog.due_ms;
}

static void round_over(struct master *m)
{
	if (!m->watchdog.failed)
		notify_watchdog();
}

void watchdog_answered(struct master *m, int error)
{
	m->watchdog.failed |= error == -ETIMEDOUT;
	if (--m->watchdog.waiting == 0)
		round_over(m);
}

static void ask_one(struct master_worker *worker)
{
	const int r = worker_call_ping(worker);

	if (r >= 0)
		worker->master->watchdog.waiting++;
	else if (r != -ECONNRESET) /* that one has gone */
		worker->master->watchdog.failed = true;
}

/* A worker that is absent is being replaced, and cannot be hung. */
static void ask_all(struct master *m)
{
	m->watchdog.failed = false;
	m->watchdog.waiting = 0;
	for (unsigned i = 0; i < m->n_workers; i++)
		if (m->workers[i].pid != 0)
			ask_one(&m->workers[i]);
	if (m->watchdog.waiting == 0)
		round_over(m);
}

void watchdog_expire(struct master *m)
{
	if (m->watchdog.due_ms > m->now_ms)
		return;
	m->watchdog.due_ms = m->now_ms + m->watchdog.interval_ms;
	if (m->watchdog.waiting == 0)
		ask_all(m);
}
