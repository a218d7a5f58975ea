/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * pidfile: one daemon per file, and its number for others to read.
 *
 * The lock (flock(2)) is the truth, the number is for people: a file without a lock is stale and no
 * obstacle. The lock belongs to the open file, so it lives as long as the master holds it, whatever
 * becomes of its children; they close their copy with pidfile_abandon() or keep_only().
 */
#ifndef ECHOD_PIDFILE_H
#define ECHOD_PIDFILE_H

#include <sys/types.h>

struct pidfile;

/* Opens or makes (0644) and locks the file; the old content stays until pidfile_write(). path is
 * absolute and copied. 0, or -errno: -EBUSY when another process holds it, then *ret_running_pid is
 * its number as the file tells it, 0 when it tells none; -ELOOP for a symbolic link, -EINVAL for
 * anything that is not a regular file with one name. */
int pidfile_open(const char *path, struct pidfile **ret_pidfile, pid_t *ret_running_pid);
/* Replaces the content by this number and a line feed, through the held descriptor. 0 or -errno. */
int pidfile_write(struct pidfile *p, pid_t pid);
/* A clean end: removes the file if the path still names ours, truncates it when the directory does
 * not let us, and lets the lock go. NULL is fine. */
void pidfile_close(struct pidfile *p);
/* In a child: closes this process's copy; file and lock stay. NULL is fine. */
void pidfile_abandon(struct pidfile *p);

/* Borrowed. */
const char *pidfile_path(const struct pidfile *p);

#endif
