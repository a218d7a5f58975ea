/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * control_socket: the node of the control socket, made with its group and mode from the first moment.
 */
#ifndef ECHOD_CONTROL_SOCKET_H
#define ECHOD_CONTROL_SOCKET_H

#include "src/echod/config.h"
#include "src/echod/privileges.h"
#include "src/echod/why.h"

/* Binds and listens; *ret_fd is the caller's. The node belongs to control.group, else to the group
 * that the daemon becomes. A node that nobody answers on is replaced. 0, or -errno with the reason. */
int control_socket_bind(const char *path, const struct config *config,
			const struct privileges *privileges, int *ret_fd, struct why *why);

#endif
