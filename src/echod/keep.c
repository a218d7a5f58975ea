/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * keep.c: the kept descriptors in order, and everything in the gaps between them closed. A gap is
 * closed by close_range(2); where there is none, or the kernel does not know it, by close(2) up to
 * the highest descriptor that is open.
 */
#include "build.h"

#include "src/echod/keep.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/log.h"
#include "src/echod/limits.h"

/* The highest open descriptor; without /proc, the highest that could be. */
static unsigned highest_open(void)
{
	DIR *list = opendir("/proc/self/fd");
	unsigned highest = 0;

	if (!list)
		return limits_files() > INT_MAX ? INT_MAX : (unsigned)limits_files();
	for (struct dirent *entry; (entry = readdir(list));) {
		unsigned long fd = strtoul(entry->d_name, NULL, 10); /* 0 for "." and ".." */

		if (fd > highest)
			highest = (unsigned)fd;
	}
	closedir(list);
	return highest;
}

static void close_one_by_one(unsigned first, unsigned last)
{
	unsigned highest = highest_open();

	if (last > highest)
		last = highest;
	for (unsigned fd = first; fd <= last; fd++)
		close((int)fd);
}

static void close_gap(unsigned first, unsigned last)
{
	if (first > last)
		return;
#ifdef HAVE_CLOSE_RANGE
	if (close_range(first, last, 0) == 0)
		return;
#endif
	close_one_by_one(first, last);
}

static int compare(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int keep_only(const int *fds, size_t n)
{
	int *kept = calloc(n + 1, sizeof(*kept));
	unsigned next = STDERR_FILENO + 1;

	if (!kept)
		return -ENOMEM;
	if (n > 0)
		memcpy(kept, fds, n * sizeof(*kept));
	log_in_child();
	kept[n] = log_fd();
	qsort(kept, n + 1, sizeof(*kept), compare);
	for (size_t i = 0; i <= n; i++) {
		if (kept[i] < 0 || (unsigned)kept[i] < next)
			continue;
		if ((unsigned)kept[i] > next)
			close_gap(next, (unsigned)kept[i] - 1);
		next = (unsigned)kept[i] + 1;
	}
	free(kept);
	close_gap(next, UINT_MAX);
	return 0;
}
