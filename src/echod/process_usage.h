/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * process_usage: what a process of ours uses, as /proc says.
 */
#ifndef ECHOD_PROCESS_USAGE_H
#define ECHOD_PROCESS_USAGE_H

#include <stdint.h>
#include <sys/types.h>

struct process_usage {
	double cpu_seconds; /* user and system */
	int64_t resident_bytes;
	int64_t open_fds;
};

/* What the calling process uses; its CPU time includes that of the children it has waited for, so
 * that sums over all processes never go back. */
struct process_usage process_usage_own(void);
/* Adds what a child uses to *usage. What cannot be read (it has just ended, or there is no /proc) adds
 * nothing. */
void process_usage_add(pid_t pid, struct process_usage *usage);

#endif
