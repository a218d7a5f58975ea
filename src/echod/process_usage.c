/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * process_usage.c reads /proc: a few small files for each process that is asked about.
 */
#include "src/echod/process_usage.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	PATH_BYTES = 64,
	LINE_BYTES = 1024
};

/* The one line of /proc/PID/NAME; "" when it cannot be read. */
static void read_line(pid_t pid, const char *name, char line[static LINE_BYTES])
{
	char path[PATH_BYTES];
	FILE *file;

	line[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(line, LINE_BYTES, file))
		line[0] = '\0';
	fclose(file);
}

/* Fields 14 and 15 of stat, counted behind the name: that may hold blanks and brackets. */
static double cpu_seconds(pid_t pid)
{
	const long ticks = sysconf(_SC_CLK_TCK);
	uint64_t user, system;
	char line[LINE_BYTES];
	const char *rest;

	read_line(pid, "stat", line);
	rest = strrchr(line, ')');
	if (!rest || ticks <= 0 ||
	    sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
		   &user, &system) != 2)
		return 0;
	return (double)(user + system) / (double)ticks;
}

static int64_t resident_bytes(pid_t pid)
{
	char line[LINE_BYTES];
	int64_t pages;

	read_line(pid, "statm", line);
	return sscanf(line, "%*d %" SCNd64, &pages) == 1 ? pages * sysconf(_SC_PAGESIZE) : 0;
}

static int64_t open_fds(pid_t pid)
{
	const struct dirent *entry;
	char path[PATH_BYTES];
	int64_t count = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	if (!directory)
		return 0;
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static double seconds(const struct rusage *r)
{
	return (double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) +
	       (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1e6;
}

struct process_usage process_usage_own(void)
{
	struct rusage own = { .ru_maxrss = 0 }, children = { .ru_maxrss = 0 };
	int64_t fds = open_fds(getpid());

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return (struct process_usage){ .cpu_seconds = seconds(&own) + seconds(&children),
				       .resident_bytes = resident_bytes(getpid()),
				       .open_fds = fds > 0 ? fds - 1 : 0 }; /* less the directory */
}

void process_usage_add(pid_t pid, struct process_usage *usage)
{
	usage->cpu_seconds += cpu_seconds(pid);
	usage->resident_bytes += resident_bytes(pid);
	usage->open_fds += open_fds(pid);
}
