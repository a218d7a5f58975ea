/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * guard_map: the guard's tables in memory that master and workers share, placed by a random key.
 */
#ifndef ECHOD_GUARD_MAP_H
#define ECHOD_GUARD_MAP_H

#include <stddef.h>

#include "echod/guard.h"

struct guard_map {
	struct guard *guard; /* NULL = not mapped */
	size_t size;
};

/* For so many workers with so many connections each. -errno. */
int guard_map_open(unsigned workers, size_t connections, struct guard_map *ret_map);
/* A zeroed one is fine. */
void guard_map_close(struct guard_map *map);

#endif
