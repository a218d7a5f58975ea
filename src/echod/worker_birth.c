/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * worker_birth.c: what a freshly forked process must do before it may listen to anybody: let go of
 * what is the master's, drop privileges, and see to it that it ends when the master does.
 */
#include "src/echod/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "src/echod/keep.h"
#include "src/echod/notify.h"
#include "src/echod/signals.h"

enum {
	ORPHAN_GRACE_S = 5 /* beyond the drain, when the master is gone */
};

/* The master's death closes the links, which ends us in order; should that get stuck, this ends us. */
static unsigned orphan_limit_s;

void worker_read_orphan_limit(const struct config *config)
{
	orphan_limit_s = (unsigned)(config_drain_ms(config) / 1000) + ORPHAN_GRACE_S;
}

static void on_orphaned(int signo)
{
	(void)signo;
	alarm(orphan_limit_s);
}

static int watch_master(const struct worker_setup *setup)
{
	const struct sigaction action = { .sa_handler = on_orphaned, .sa_flags = SA_RESTART };

	worker_read_orphan_limit(setup->config);
	if (sigaction(SIGUSR2, &action, NULL) < 0)
		return -errno;
	return signals_die_with_parent(setup->master, SIGUSR2);
}

static int keep_ours(const struct worker_setup *setup)
{
	const size_t n_slots = setup->stats->n_workers;
	const size_t most = setup->endpoints->length * n_slots + 2;
	CLEANUP_FREE int *fds = malloc(most * sizeof(*fds));
	size_t n = 0;

	if (!fds)
		return -ENOMEM;
	fds[n++] = setup->call_fd;
	fds[n++] = setup->event_fd;
	for (size_t i = 0; i < setup->endpoints->length; i++)
		for (unsigned slot = 0; slot < n_slots; slot++)
			fds[n++] = endpoint_fd(setup->endpoints->items[i].sockets, slot);
	return keep_only(fds, n);
}

int worker_become(const struct worker_setup *setup)
{
	struct why why = { .text = "" };
	int r;

	signals_in_child();
	notify_in_child();
	r = keep_ours(setup);
	if (r < 0) {
		why_set(&why, r, "cannot close what is the master's: %s", strerror(-r));
	} else {
		r = privileges_drop(setup->privileges, false, &why);
		if (r >= 0) {
			r = watch_master(setup);
			if (r < 0)
				why_set(&why, r, "cannot watch the master: %s", strerror(-r));
		}
	}
	if (r < 0)
		log_error("worker", "worker %u: %s", setup->index, why.text);
	return r;
}
