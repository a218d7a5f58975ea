/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * control_socket.c: see control_socket.h. No chown: the effective group at bind(2) is the node's.
 */
#include "src/echod/control_socket.h"

#include <errno.h>
#include <string.h>

#include "echod/net.h"

enum {
	BACKLOG = 128
};

static int find_group(const struct config *config, const struct privileges *privileges,
		      gid_t *ret_gid)
{
	if (config->control_group[0])
		return privileges_group_id(config->control_group, ret_gid);
	*ret_gid = privileges->change ? privileges->gid : (gid_t)-1;
	return 0;
}

static int bind_as(const char *path, gid_t gid, int mode, int *ret_fd)
{
	const struct net_listen_options options = { .backlog = BACKLOG, .socket_mode = mode };
	struct privileges_group before;
	struct net_address address;
	int r = net_parse_path(path, &address);

	if (r >= 0)
		r = privileges_group_enter(gid, (mode_t)(~mode & 0777), &before);
	if (r < 0)
		return r;
	r = net_listen(&address, &options, ret_fd);
	privileges_group_leave(&before);
	return r;
}

int control_socket_bind(const char *path, const struct config *config,
			const struct privileges *privileges, int *ret_fd, struct why *why)
{
	gid_t gid;
	int r = find_group(config, privileges, &gid);

	if (r < 0)
		return why_set(why, r, "control.group '%s': %s", config->control_group,
			       r == -ENOENT ? "no such group" : strerror(-r));
	r = bind_as(path, gid, (int)config->control_socket_mode, ret_fd);
	if (r == -EADDRINUSE)
		return why_set(why, r, "control socket %s: another daemon answers there", path);
	if (r == -EEXIST)
		return why_set(why, r, "control socket %s: something that is no socket is there",
			       path);
	return r < 0 ? why_set(why, r, "control socket %s: %s", path, strerror(-r)) : 0;
}
