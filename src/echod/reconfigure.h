/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reconfigure: a worker takes a new configuration while its connections live on.
 *
 * The master sends the sockets of new endpoints, then the whole configuration with the list of
 * endpoints, to every worker. What is no longer listed goes on being served until all workers have
 * switched, so that the master can still take everything back. Then it retires: first whoever holds
 * a copy of a socket without serving it lets go, then the one that serves it accepts what still
 * waits and closes: nothing that the kernel has accepted is lost in between.
 */
#ifndef ECHOD_RECONFIGURE_H
#define ECHOD_RECONFIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "src/echod/config.h"
#include "src/echod/endpoints.h"

struct worker;

/* One line of the list: which listener of the configuration the endpoint belongs to. */
struct reconfigure_item {
	unsigned row;
	const char *name;
};

/* Takes n sockets of a new endpoint, for the slots from first_slot; those taken are set to -1 in fds.
 * They wait for the configuration that names their row. -EINVAL, -ENOMEM, or -EMFILE when
 * the selector cannot watch that many descriptors. */
int reconfigure_add_sockets(struct worker *w, unsigned row, enum service_transport transport,
			    unsigned first_slot, int *fds, size_t n);
/* All or nothing. Takes *config on success and leaves it empty. -ENOENT when an item names a listener
 * or a row that is not there, -ENOMEM. */
int reconfigure(struct worker *w, struct config *config, const struct reconfigure_item *items,
		size_t n_items);
/* What the configuration in force does not list: lets go of the sockets that this worker does not
 * serve, or, with last, accepts what waits on the others and closes them too. */
void reconfigure_retire(struct worker *w, bool last);
/* Frees what reconfigure_add_sockets() left waiting. */
void reconfigure_fini(struct worker *w);

#endif
