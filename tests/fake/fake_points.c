/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * fake_points.c: the loop over all points of a run, for cmocka tests.
 */
#include "tests/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>

#include "tests/fake/fake_syscalls.h"

enum {
	FDS_LOOKED_AT = 1024,
	POINTS_MAX = 100000 /* a run that grows with each failure would never end */
};

unsigned fake_open_fds(void)
{
	unsigned n = 0;

	fake_suspend(true);
	for (int fd = 0; fd < FDS_LOOKED_AT; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	fake_suspend(false);
	return n;
}

/* One run; true when its point was hit. */
static bool run_with(enum fake_mode mode, unsigned long kth, const char *what,
		     void (*run)(void *data), void *data)
{
	unsigned before = fake_open_fds(), after;
	const char *hit;

	fake_reset();
	fake_point(mode, kth);
	run(data);
	hit = fake_hit();
	fake_reset();
	after = fake_open_fds();
	if (after != before)
		fail_msg("%s, point %lu (%s): %u descriptors open, not %u", what, kth,
			 hit ? hit : "none", after, before);
	return hit != NULL;
}

static unsigned long stride = 1;

void fake_each_nth(unsigned long n)
{
	stride = n;
}

unsigned long fake_each_point(enum fake_mode mode, const char *what, void (*run)(void *data),
			      void *data)
{
	static const char *const names[] = { "error", "EINTR", "one byte" };
	unsigned long kth, last = 0;

	for (kth = 1; run_with(mode, kth, what, run, data); kth += stride) {
		last = kth;
		assert_true(kth < POINTS_MAX);
	}
	fprintf(stderr, "%s: %lu points, 1 of %lu covered (%s)\n", what, last, stride, names[mode]);
	return last;
}
