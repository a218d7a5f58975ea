/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * affinity.c: see affinity.h. Where the system has no affinity masks, all processors count.
 */
#include "build.h"

#include "src/echod/affinity.h"

#include <sched.h>
#include <unistd.h>

#include "src/echod/config.h"

static long count(void)
{
#ifdef CPU_COUNT
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
#endif
	return sysconf(_SC_NPROCESSORS_ONLN);
}

unsigned affinity_cpus(void)
{
	const long n = count();

	if (n < 1)
		return 1;
	return n < CONFIG_WORKERS_MAX ? (unsigned)n : CONFIG_WORKERS_MAX;
}
