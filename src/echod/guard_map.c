/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * guard_map.c: see guard_map.h. Pages that no source ever needs are never touched, so a table that
 * could hold every connection costs nothing until it does.
 */
#include "build.h"

#include "src/echod/guard_map.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

/* getentropy(3) gives all or nothing, and is on Linux and the BSDs alike. */
int guard_map_open(unsigned workers, size_t connections, struct guard_map *ret_map)
{
	const size_t size = guard_memory_size(workers, connections);
	uint8_t key[GUARD_KEY_BYTES];
	void *memory;

	if (size == 0)
		return -ENOMEM;
	if (getentropy(key, sizeof(key)) < 0)
		return -errno;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	ret_map->guard = guard_init(memory, workers, connections, key);
	ret_map->size = size;
	return 0;
}

void guard_map_close(struct guard_map *map)
{
	if (map->guard)
		munmap(map->guard, map->size);
	*map = (struct guard_map){ 0 };
}
