/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * rundir: the directory for the control socket and the PID file.
 */
#ifndef ECHOD_RUNDIR_H
#define ECHOD_RUNDIR_H

#include <sys/types.h>

#include "src/echod/why.h"

/* What decides, so that a test can decide otherwise. Strings are borrowed, NULL or "" = not set. */
struct rundir_places {
	uid_t uid;		       /* effective */
	const char *runtime_directory; /* $RUNTIME_DIRECTORY: the first of its paths */
	const char *runstatedir;       /* as configured, for root */
	const char *xdg_runtime_dir;   /* $XDG_RUNTIME_DIR, for others */
	const char *tmp;	       /* "/tmp", the last resort of others */
};

/* From the environment and the build. */
void rundir_places_get(struct rundir_places *ret_places);

/* The path alone, nothing touched: $RUNTIME_DIRECTORY, else RUNSTATEDIR/echod as root, else
 * $XDG_RUNTIME_DIR/echod, else /tmp/echod-UID. *ret_path is the caller's to free. 0 or -ENOMEM. */
int rundir_path(const struct rundir_places *places, char **ret_path);

/* Makes the directory where it is missing and checks it. As root it is 0755 and given to
 * owner:group (whom the daemon will become); otherwise 0700 and must be ours. $RUNTIME_DIRECTORY is
 * the service manager's and only has to be a directory. 0, or -errno with the reason: -ENOTDIR
 * (a link counts as such), -EPERM when it belongs to somebody else or others may write to it. */
int rundir_make(const struct rundir_places *places, uid_t owner, gid_t group, char **ret_path,
		struct why *why);

#endif
