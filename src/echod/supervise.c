/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * supervise.c: the workers' lives as the master sees them. A worker that dies is logged, counted and
 * replaced: at once the first time, then after a delay that doubles, and is forgotten once a worker
 * has lived for a quiet minute. While it is away others serve its slots.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/log.h"
#include "echod/net.h"
#include "src/echod/master.h"
#include "src/echod/restart_delay.h"
#include "src/echod/slots.h"
#include "src/echod/transcript.h"
#include "src/echod/worker.h"

enum {
	FORK_AGAIN_MS = 3000 /* after a fork that failed */
};

int supervise_init(struct master *m, unsigned n_workers)
{
	m->workers = calloc(n_workers, sizeof(*m->workers));
	if (!m->workers)
		return -ENOMEM;
	m->n_workers = n_workers;
	for (unsigned i = 0; i < n_workers; i++) {
		m->workers[i].master = m;
		m->workers[i].index = i;
		m->workers[i].restart_ms = INT64_MAX;
		m->workers[i].assign_ms = INT64_MAX;
	}
	return 0;
}

void supervise_fini(struct master *m)
{
	for (unsigned i = 0; i < m->n_workers; i++)
		worker_links_close(&m->workers[i]);
	free(m->workers);
	m->workers = NULL;
	m->n_workers = 0;
}

unsigned supervise_count(const struct master *m)
{
	unsigned count = 0;

	for (unsigned i = 0; i < m->n_workers; i++)
		count += m->workers[i].pid != 0;
	return count;
}

unsigned supervise_count_running(const struct master *m)
{
	unsigned count = 0;

	for (unsigned i = 0; i < m->n_workers; i++)
		count += m->workers[i].running;
	return count;
}

/* ---- Fork ---- */

/* The child: runs the worker and ends. It inherits the master's memory, and may free none of it. */
static _Noreturn void run_child(struct master_worker *worker, pid_t master, int call_fd,
				int event_fd)
{
	const struct master *m = worker->master;
	const struct worker_setup setup = {
		.index = worker->index,
		.master = master,
		.config = &m->config,
		.endpoints = &m->endpoints,
		.stats = m->stats,
		.guard = m->guard.guard,
		.privileges = &m->privileges,
		.events = m->events.kinds & EVENTS_ALL,
		.call_fd = call_fd,
		.event_fd = event_fd,
		.background = m->options->daemon,
		.observer = m->options->transcript ? &transcript_observer : NULL,
	};

	exit(worker_run(&setup));
}

static int fork_worker(struct master_worker *worker)
{
	const pid_t master = getpid();
	int call[2] = { -1, -1 }, event[2] = { -1, -1 };
	int r = net_socketpair(call);

	if (r >= 0)
		r = net_socketpair(event);
	if (r >= 0) {
		fflush(NULL); /* or the child would print it again */
		worker->pid = fork();
		if (worker->pid == 0)
			run_child(worker, master, call[1], event[1]);
		r = worker->pid < 0 ? -errno : 0;
	}
	attr_close_fd(&call[1]);
	attr_close_fd(&event[1]);
	if (r < 0) {
		worker->pid = 0;
		attr_close_fd(&call[0]);
		attr_close_fd(&event[0]);
		return r;
	}
	worker->started_ms = worker->master->now_ms;
	worker->restart_ms = INT64_MAX;
	r = worker_links_connect(worker, call[0], event[0]);
	if (r < 0)
		kill(worker->pid, SIGKILL); /* it is reaped like any other that dies */
	else
		drain_tell_worker(worker);
	return r;
}

int supervise_start(struct master *m)
{
	m->now_ms = clock_now_ms();
	for (unsigned i = 0; i < m->n_workers; i++) {
		const int r = fork_worker(&m->workers[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- Death ---- */

static struct master_worker *find_pid(struct master *m, pid_t pid)
{
	for (unsigned i = 0; i < m->n_workers; i++)
		if (m->workers[i].pid == pid)
			return &m->workers[i];
	return NULL;
}

static void log_end(const struct master_worker *worker, int status, int64_t lost)
{
	const bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	const bool expected = worker->master->state == MASTER_STOPPING && clean;
	const enum log_level level = expected ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR;

	if (WIFSIGNALED(status))
		log_message(level, "master",
			    "worker %u (pid %d) was ended by signal %d (%s); %lld connections lost",
			    worker->index, (int)worker->pid, WTERMSIG(status),
			    strsignal(WTERMSIG(status)), (long long)lost);
	else
		log_message(level, "master",
			    "worker %u (pid %d) ended with exit code %d; %lld connections lost",
			    worker->index, (int)worker->pid, WEXITSTATUS(status), (long long)lost);
}

static void tell_end(const struct master_worker *worker, int status, int64_t lost)
{
	char how[32];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit code %d", WEXITSTATUS(status));
	if (worker->master->state != MASTER_STOPPING)
		events_worker_died(worker->master, worker->index, how, lost);
}

static void plan_restart(struct master_worker *worker)
{
	struct master *m = worker->master;

	worker->delay_ms = restart_delay_ms(worker->restarts == 0, worker->delay_ms,
					    m->now_ms - worker->started_ms);
	worker->restart_ms = m->now_ms + worker->delay_ms;
	worker->restarts++;
	log_notice("master", "worker %u is replaced in %lld ms", worker->index,
		   (long long)worker->delay_ms);
}

static void ended(struct master_worker *worker, int status)
{
	struct master *m = worker->master;
	const int64_t lost = stats_forget_worker(&m->stats->workers[worker->index]);

	guard_forget_worker(m->guard.guard, worker->index);
	log_end(worker, status, lost);
	tell_end(worker, status, lost);
	worker_links_close(worker);
	worker->pid = 0;
	worker->running = false;
	worker->full = worker->ahead = worker->busy = worker->waits = false;
	worker->assign_ms = INT64_MAX;
	worker->drained = 0;
	memset(worker->serves, 0, sizeof(worker->serves));
	if (m->state == MASTER_STARTING)
		m->failed = true;
	else if (m->state != MASTER_STOPPING)
		plan_restart(worker);
	supervise_assign(m);
	drain_update(m);
	master_tell(m);
}

void supervise_reap(struct master *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR)) {
		struct master_worker *worker = pid > 0 ? find_pid(m, pid) : NULL;

		if (worker)
			ended(worker, status);
		else
			reload_child_ended(m, pid, status);
	}
}

int64_t supervise_deadline_ms(const struct master *m)
{
	int64_t ms = INT64_MAX;

	for (unsigned i = 0; i < m->n_workers; i++) {
		const struct master_worker *worker = &m->workers[i];
		const int64_t links_ms = worker_links_deadline_ms(worker);

		if (!reload_holds_forks(m))
			ms = worker->restart_ms < ms ? worker->restart_ms : ms;
		ms = worker->assign_ms < ms ? worker->assign_ms : ms;
		ms = links_ms < ms ? links_ms : ms;
	}
	return ms;
}

static void try_again(struct master_worker *worker)
{
	const int r = fork_worker(worker);

	if (r >= 0)
		return;
	log_error("master", "worker %u cannot be started: %s", worker->index, strerror(-r));
	if (worker->pid == 0)
		worker->restart_ms = worker->master->now_ms + FORK_AGAIN_MS;
}

void supervise_expire(struct master *m)
{
	for (unsigned i = 0; i < m->n_workers; i++) {
		struct master_worker *worker = &m->workers[i];

		worker_links_expire(worker, m->now_ms);
		if (worker->assign_ms <= m->now_ms)
			worker_call_assign(worker);
		if (worker->restart_ms <= m->now_ms && !reload_holds_forks(m))
			try_again(worker);
	}
}

void supervise_kill(struct master *m)
{
	for (unsigned i = 0; i < m->n_workers; i++)
		if (m->workers[i].pid != 0) {
			log_error("master", "worker %u (pid %d) does not end and is killed", i,
				  (int)m->workers[i].pid);
			kill(m->workers[i].pid, SIGKILL);
		}
}

/* True when somebody wants us to hurry. */
static bool is_hurried(struct master *m)
{
	bool hurried = false;
	int signo;

	while ((signo = signals_next(m->signals)) > 0)
		hurried = hurried || signo == SIGTERM || signo == SIGINT;
	return hurried;
}

/* The loop cannot go on, and workers live: they notice that their links are closed, drain and leave.
 * Returns when they have, or had the time to. */
static void see_them_off(struct master *m)
{
	const int64_t until_ms =
	    clock_now_ms() + config_drain_ms(&m->config) + MASTER_KILL_GRACE_MS;
	struct pollfd wait = { .fd = signals_fd(m->signals), .events = POLLIN };

	for (;;) {
		int r;

		for (unsigned i = 0; i < m->n_workers; i++)
			if (m->workers[i].pid && waitpid(m->workers[i].pid, NULL, WNOHANG) > 0)
				m->workers[i].pid = 0;
		if (supervise_count(m) == 0)
			return;
		r = poll(&wait, 1, selector_timeout(until_ms, clock_now_ms()));
		if (r == 0 || (r < 0 && errno != EINTR) || is_hurried(m))
			return;
	}
}

static void kill_and_reap(struct master_worker *worker)
{
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
}

void supervise_end(struct master *m)
{
	const bool serves = m->state != MASTER_STARTING;

	/* Nobody was served before the start was over: nothing is owed. */
	for (unsigned i = 0; i < m->n_workers && !serves; i++)
		if (m->workers[i].pid)
			kill_and_reap(&m->workers[i]);
	for (unsigned i = 0; i < m->n_workers; i++)
		worker_links_close(&m->workers[i]);
	if (serves)
		see_them_off(m);
	for (unsigned i = 0; i < m->n_workers; i++)
		if (m->workers[i].pid)
			kill_and_reap(&m->workers[i]);
}

/* ---- Slots ---- */

static void tell(struct master_worker *worker, const int *owners)
{
	bool serves[CONFIG_WORKERS_MAX] = { false };

	for (unsigned slot = 0; slot < worker->master->n_workers; slot++)
		serves[slot] = owners[slot] == (int)worker->index;
	if (memcmp(serves, worker->serves, sizeof(serves)) == 0 && !worker->waits)
		return;
	worker->waits = false;
	memcpy(worker->serves, serves, sizeof(serves));
	worker_call_assign(worker);
}

void supervise_assign(struct master *m)
{
	struct slot_worker workers[CONFIG_WORKERS_MAX];
	int owners[CONFIG_WORKERS_MAX];
	const int64_t mean = stats_mean_active(m->stats);

	if (m->state == MASTER_STOPPING)
		return;
	for (unsigned i = 0; i < m->n_workers; i++) {
		struct master_worker *worker = &m->workers[i];

		workers[i].serves = worker->running && !worker->full;
		workers[i].active = stats_active(&m->stats->workers[i]);
		/* The others may have caught up meanwhile, which nobody tells. */
		worker->ahead = worker->ahead && workers[i].active > mean;
		workers[i].ahead = worker->ahead;
		workers[i].busy = worker->busy;
	}
	slots_assign(workers, m->n_workers, owners);
	for (unsigned i = 0; i < m->n_workers; i++)
		if (m->workers[i].running)
			tell(&m->workers[i], owners);
}
