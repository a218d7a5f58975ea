/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * watchdog: where the service manager watches us, the master asks every worker at half the manager's
 * interval whether it is well, and says that we are alive only when all have answered. Without a
 * manager that watches nobody is asked, and idle stays idle.
 */
#ifndef ECHOD_WATCHDOG_H
#define ECHOD_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct master;

struct watchdog {
	int64_t interval_ms; /* 0 = nobody watches */
	int64_t due_ms;	     /* when to ask again; INT64_MAX = never */
	unsigned waiting;    /* answers that this round still lacks */
	bool failed;	     /* one was late */
};

/* At READY: the first round is due. */
void watchdog_start(struct master *m);
int64_t watchdog_deadline_ms(const struct master *m);
void watchdog_expire(struct master *m);
/* A worker that was asked has answered, or ended; error is -ETIMEDOUT when it did neither. */
void watchdog_answered(struct master *m, int error);

#endif
