/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reload_check: reads a configuration in a forked child first, so that whatever a parser may do with
 * a file (crash, exit, never end) happens there. Its answer comes through a pipe in the loop.
 */
#ifndef ECHOD_RELOAD_CHECK_H
#define ECHOD_RELOAD_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "echod/buf.h"
#include "echod/selector.h"
#include "src/echod/config.h"
#include "src/echod/options.h"
#include "src/echod/why.h"

/* Zeroed = idle. */
struct reload_check {
	struct selector_handler handler;
	struct selector *selector;
	pid_t pid; /* 0 = there is no child */
	int fd;	   /* the pipe, -1 after its end */
	struct buf answer;
	bool ended, late;
	int status;
	int64_t deadline_ms;
	void (*done)(struct reload_check *check);
};

/* As options_load(). */
typedef int reload_check_load(const struct options *options, struct config *ret_config,
			      struct config_errors *errors);

enum {
	RELOAD_CHECK_MS = 10 * 1000 /* then the child is killed */
};

/* Forks the child, which calls load. done() is called once it has answered and ended; until then
 * reload_check_child_ended() must hear of children that have. -errno: nothing has begun. */
int reload_check_start(struct reload_check *check, struct selector *selector,
		       const struct options *options, reload_check_load *load, int64_t now_ms,
		       void (*done)(struct reload_check *check));
/* A child has ended: not ours, or ours. */
void reload_check_child_ended(struct reload_check *check, pid_t pid, int status);
int64_t reload_check_deadline_ms(const struct reload_check *check);
void reload_check_expire(struct reload_check *check, int64_t now_ms);
/* After done(), once: 0, or -EINVAL with the mistakes in *errors, or another -errno with the reason
 * why the child did not say. */
int reload_check_result(struct reload_check *check, struct config_errors *errors, struct why *why);
/* Ends the child too. Idle is fine. */
void reload_check_end(struct reload_check *check);

#endif
