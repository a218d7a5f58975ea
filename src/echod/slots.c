/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * slots.c: a slot whose own worker cannot serve it, or is ahead of the others, goes to whoever has
 * least to do, until it can.
 */
#include "src/echod/slots.h"

/* Who may be given another's slot: the best there are, and whom to take for want of them. */
enum fitness {
	FIT,
	FIT_BUSY,
	FIT_AT_ALL
};

static bool fits(const struct slot_worker *worker, enum fitness fitness)
{
	return worker->serves && (fitness == FIT_AT_ALL || !worker->ahead) &&
	       (fitness != FIT || !worker->busy);
}

static unsigned count_slots(const int *owners, unsigned n, int worker)
{
	unsigned count = 0;

	for (unsigned slot = 0; slot < n; slot++)
		count += owners[slot] == worker;
	return count;
}

static int least_busy(const struct slot_worker *workers, const int *owners, unsigned n,
		      enum fitness fitness)
{
	int best = SLOT_NOBODY;
	unsigned best_slots = 0;

	for (unsigned i = 0; i < n; i++) {
		const unsigned slots = count_slots(owners, n, (int)i);

		if (!fits(&workers[i], fitness))
			continue;
		if (best == SLOT_NOBODY || slots < best_slots ||
		    (slots == best_slots && workers[i].active < workers[best].active)) {
			best = (int)i;
			best_slots = slots;
		}
	}
	return best;
}

/* For a slot whose own worker should not have it. */
static int find_other(const struct slot_worker *workers, const int *owners, unsigned n,
		      unsigned slot)
{
	int owner = least_busy(workers, owners, n, FIT);

	if (owner == SLOT_NOBODY && workers[slot].serves)
		owner = (int)slot;
	if (owner == SLOT_NOBODY)
		owner = least_busy(workers, owners, n, FIT_BUSY);
	if (owner == SLOT_NOBODY)
		owner = least_busy(workers, owners, n, FIT_AT_ALL);
	return owner;
}

void slots_assign(const struct slot_worker *workers, unsigned n, int *ret_owners)
{
	for (unsigned slot = 0; slot < n; slot++)
		ret_owners[slot] = fits(&workers[slot], FIT_BUSY) ? (int)slot : SLOT_NOBODY;
	for (unsigned slot = 0; slot < n; slot++)
		if (ret_owners[slot] == SLOT_NOBODY)
			ret_owners[slot] = find_other(workers, ret_owners, n, slot);
}
