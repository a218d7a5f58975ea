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
	bool ahead;	/* it has so many more connections than others that they are to go first */
	bool busy;	/* it has not yet answered to the slots it was last given: maybe it hangs */
	int64_t active; /* its connections */
};

/* Slot i goes to worker i if that serves and is not ahead; otherwise to the one that serves, is not
 * ahead and not busy and has the fewest slots, the fewest connections among equals. Where there is
 * none such it goes to worker i if that serves at all, or else to another that does; to SLOT_NOBODY
 * when none serves. There are as many slots as workers. */
void slots_assign(const struct slot_worker *workers, unsigned n, int *ret_owners);

#endif
