/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * privileges: who the daemon is after it has opened what only root may open.
 */
#ifndef ECHOD_PRIVILEGES_H
#define ECHOD_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "src/echod/why.h"

/* Looked up before the drop, because the databases may be out of reach afterwards. */
struct privileges {
	bool change; /* false: we stay who we are (not root, or root by request) */
	uid_t uid;   /* who we shall be, in either case */
	gid_t gid;
	gid_t *groups; /* supplementary groups, owned; meaningful when change */
	size_t n_groups;
	char user[64]; /* its name, or its number in decimal */
};

/* Finds whom to become. user and group are names or numbers; NULL or "" = none named.
 * As root: the user named, else "echod", else "nobody" with a warning; "root" (or 0) stays root.
 * The group named, else the user's own. Otherwise we stay as we are, and naming anybody else is
 * -EPERM. -ENOENT when there is no such user or group, -ENOMEM.
 * why->text is the reason on failure, and on success a warning to log, or "". */
int privileges_find(const char *user, const char *group, struct privileges *ret_privileges,
		    struct why *why);
/* Frees the list of groups. A zeroed struct is fine. */
void privileges_fini(struct privileges *p);

/* Becomes that user, for good: groups, gid, uid, no_new_privs, and no capability but
 * CAP_NET_BIND_SERVICE when keep_bind (the master with a port below 1024; without libcap-ng it is
 * not kept). Then proves that root cannot come back. A process that stays root keeps its
 * capabilities. 0, or -errno with the reason: the process must exit then, it is half-way. */
int privileges_drop(const struct privileges *p, bool keep_bind, struct why *why);
/* True when privileges_drop() can keep CAP_NET_BIND_SERVICE. */
bool privileges_can_keep_bind(void);

/* A group's number by name or decimal number. -ENOENT, or the -errno of the look-up. */
int privileges_group_id(const char *name, gid_t *ret_gid);
/* A user's number likewise. */
int privileges_user_id(const char *name, uid_t *ret_uid);

/* What privileges_group_enter() changed. */
struct privileges_group {
	gid_t egid;
	mode_t mask;
};

/* Around the making of a node that shall belong to this group without a chown(2): takes gid as the
 * effective group ((gid_t)-1 leaves it) and sets this umask (0117 for a socket of mode 0660).
 * 0 with the former state in *ret_before, or -errno with nothing changed: -EPERM unless root or our
 * own group. */
int privileges_group_enter(gid_t gid, mode_t mask, struct privileges_group *ret_before);
/* Back again. Cannot fail for a state that privileges_group_enter() gave. */
void privileges_group_leave(const struct privileges_group *before);

#endif
