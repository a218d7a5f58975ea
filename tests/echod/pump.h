/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * pump: the serving half of a worker, without its process, links and loop, so that a test decides
 * turn by turn what happens and when. One listener over TCP unless the configuration is changed, on a
 * port of the kernel's, one slot.
 * Include tests/cmocka_all.h first.
 */
#ifndef TESTS_ECHOD_PUMP_H
#define TESTS_ECHOD_PUMP_H

#include "src/echod/config.h"
#include "src/echod/endpoints.h"
#include "src/echod/guard_map.h"
#include "src/echod/listener.h"
#include "src/echod/stats.h"
#include "src/echod/worker.h"

struct pump {
	struct config config;
	struct endpoints endpoints;
	struct stats *stats;
	struct guard_map guard;
	struct worker_setup setup;
	struct worker w;
};

/* The configuration first, to be changed before the rest is opened; then the rest. */
void pump_configure(struct pump *p);
void pump_open(struct pump *p);
/* Closes what there is. */
void pump_close(struct pump *p);

struct listener *pump_listener(const struct pump *p);
/* One turn of a worker's loop, without waiting: how many descriptors were ready. */
unsigned pump_turn(struct pump *p);
/* Time passes, and what is due is done. */
void pump_pass(struct pump *p, int64_t ms);
/* The kernel's port of the listener. */
uint16_t pump_port(const struct pump *p);

#endif
