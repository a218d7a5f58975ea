/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * signals: signals as bytes in a pipe, so that the selector's loop reads them like anything else.
 * One struct signals per process at a time. A handler that runs in a forked child writes nothing.
 */
#ifndef ECHOD_SIGNALS_H
#define ECHOD_SIGNALS_H

#include <sys/types.h>

struct signals;

/* From now on SIGTERM, SIGINT, SIGHUP, SIGUSR1 and SIGCHLD (of children that ended) are read with
 * signals_next(), and SIGPIPE is ignored. Whatever mask was inherited is emptied. 0 or -errno;
 * -EBUSY when open already. */
int signals_open(struct signals **ret_signals);
/* The default dispositions are back. NULL is fine. */
void signals_close(struct signals *signals);

/* Register for EVENT_READ; never read it directly. */
int signals_fd(const struct signals *signals);
/* The next signal's number, in the order they came, or 0 when there is none. Equal ones that came
 * close together may be one: reap children until none is left. */
int signals_next(struct signals *signals);

/* Every signal at its default and none blocked, whatever was inherited. */
void signals_reset(void);
/* First thing in a forked worker: SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE are ignored, SIGCHLD
 * and all others are at their default, nothing is blocked. */
void signals_in_child(void);
/* The kernel sends us signo when our parent is gone; if it (parent) is gone already, at once. A
 * change of uid or gid clears this: call it after privileges_drop(). A no-op where the system has
 * nothing of the kind. 0 or -errno. */
int signals_die_with_parent(pid_t parent, int signo);

#endif
