/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * credentials.c owns SO_PEERCRED and SO_PEERGROUPS, and what stands in for them elsewhere. The
 * credentials are those of the moment of connect(2): a process that changes its groups later gains
 * nothing on an old connection.
 */
#include "build.h"

#include "control/credentials.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	GROUPS_FIRST = 64,
	GROUPS_MAX = 65536 /* NGROUPS_MAX of Linux */
};

#ifdef SO_PEERCRED
void credentials_of(int fd, struct control_peer *ret_peer)
{
	struct ucred cred = { .pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		cred = (struct ucred){ .pid = -1, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	*ret_peer =
	    (struct control_peer){ .pid = cred.pid, .uid = cred.uid, .gid = cred.gid, .fd = fd };
}
#else
void credentials_of(int fd, struct control_peer *ret_peer)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	if (getpeereid(fd, &uid, &gid) < 0) {
		uid = (uid_t)-1;
		gid = (gid_t)-1;
	}
	*ret_peer = (struct control_peer){ .pid = -1, .uid = uid, .gid = gid, .fd = fd };
}
#endif

#ifdef SO_PEERGROUPS
/* The further groups of the peer, to be freed; how many, or -1. */
static int further_groups(const struct control_peer *peer, gid_t **ret_groups)
{
	socklen_t size = GROUPS_FIRST * sizeof(gid_t);
	gid_t *groups = NULL;

	for (;;) {
		gid_t *more = realloc(groups, size);

		if (!more)
			break;
		groups = more;
		if (getsockopt(peer->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
			*ret_groups = groups;
			return (int)(size / sizeof(gid_t));
		}
		if (errno != ERANGE || size > GROUPS_MAX * sizeof(gid_t))
			break;
	}
	free(groups);
	return -1;
}
#else
static int further_groups(const struct control_peer *peer, gid_t **ret_groups)
{
	const struct passwd *user = getpwuid(peer->uid);
	int n = GROUPS_FIRST;
	gid_t *groups = NULL;

	while (user && n <= GROUPS_MAX) {
		gid_t *more = realloc(groups, (size_t)n * sizeof(gid_t));
		int room = n;

		if (!more)
			break;
		groups = more;
		if (getgrouplist(user->pw_name, user->pw_gid, groups, &n) >= 0) {
			*ret_groups = groups;
			return n;
		}
		n = n > room ? n : room * 2;
	}
	free(groups);
	return -1;
}
#endif

static bool among(gid_t group, const gid_t *groups, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool control_peer_in_groups(const struct control_peer *peer, const gid_t *groups, size_t n)
{
	CLEANUP_FREE gid_t *further = NULL;
	int n_further;

	if (n == 0 || peer->uid == (uid_t)-1)
		return false;
	if (among(peer->gid, groups, n))
		return true;
	n_further = further_groups(peer, &further);
	for (int i = 0; i < n_further; i++)
		if (among(further[i], groups, n))
			return true;
	return false;
}
