/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * standard.c: see standard.h.
 */
#include "echod/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Opened the wrong way round for what the number is used for. The lowest free number is this one, as
 * those below it are taken. */
static int hold(int fd)
{
	if (fcntl(fd, F_GETFD) >= 0)
		return 0;
	return open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0 ? -errno : 0;
}

int standard_hold(void)
{
	int r = 0;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && r == 0; fd++)
		r = hold(fd);
	return r;
}

int standard_flush(void)
{
	errno = EIO;
	return fflush(stdout) < 0 || ferror(stdout) ? -errno : 0;
}
