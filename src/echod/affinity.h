/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * affinity: how many processors this process may use.
 */
#ifndef ECHOD_AFFINITY_H
#define ECHOD_AFFINITY_H

/* The processors of our affinity mask, 1 to CONFIG_WORKERS_MAX. */
unsigned affinity_cpus(void);

#endif
