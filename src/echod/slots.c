/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * slots.c: a slot whose own worker cannot serve it goes to whoever has least to do, until it can.
 */
#include "src/echod/slots.h"

static unsigned count_slots(const int *owners, unsigned n, int worker)
{
	unsigned count = 0;

	for (unsigned slot = 0; slot < n; slot++)
		count += owners[slot] == worker;
	return count;
}

static int least_busy(const struct slot_worker *workers, const int *owners, unsigned n)
{
	int best = SLOT_NOBODY;
	unsigned best_slots = 0;

	for (unsigned i = 0; i < n; i++) {
		const unsigned slots = count_slots(owners, n, (int)i);

		if (!workers[i].serves)
			continue;
		if (best == SLOT_NOBODY || slots < best_slots ||
		    (slots == best_slots && workers[i].active < workers[best].active)) {
			best = (int)i;
			best_slots = slots;
		}
	}
	return best;
}

void slots_assign(const struct slot_worker *workers, unsigned n, int *ret_owners)
{
	for (unsigned slot = 0; slot < n; slot++)
		ret_owners[slot] = workers[slot].serves ? (int)slot : SLOT_NOBODY;
	for (unsigned slot = 0; slot < n; slot++)
		if (ret_owners[slot] == SLOT_NOBODY)
			ret_owners[slot] = least_busy(workers, ret_owners, n);
}
