/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_path: what the kernel knows of the way between a stream connection's ends.
 */
#ifndef ECHOD_STREAM_PATH_H
#define ECHOD_STREAM_PATH_H

#include "echod/peer.h"
#include "echod/service.h"

/* Fills all of it; what the kernel does not tell is -1. end is either end of the socket's own. */
void stream_path(int fd, const struct peer *end, struct service_path *ret_path);

#endif
