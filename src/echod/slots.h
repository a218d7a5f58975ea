/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * slots: which worker serves which slot. Pure.
 */
#ifndef ECHOD_SLOTS_H
#define ECHOD_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SLOT_NOBODY = -1
};

struct slot_worker {
	bool serves;	/* it runs and is not full */
	int64_t active; /* its connections */
};

/* Slot i goes to worker i if that serves; otherwise to the serving worker with the fewest slots, the
 * one with the fewest connections among equals; to SLOT_NOBODY when none serves. There are as many
 * slots as workers. */
void slots_assign(const struct slot_worker *workers, unsigned n, int *ret_owners);

#endif
