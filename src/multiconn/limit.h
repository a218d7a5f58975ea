/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * limit: how many connections this process can have.
 */
#ifndef MULTICONN_LIMIT_H
#define MULTICONN_LIMIT_H

#include <stddef.h>

/* Raises the soft limit of open files to the hard one, and tells how many descriptors below that
 * limit and below fd_limit are still free, none of the open ones being above a gap. -errno when not
 * even one is. */
int limit_descriptors(int fd_limit, size_t *ret_room);

#endif
