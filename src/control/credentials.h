/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * credentials: who is at the other end of a Unix socket, as the kernel says.
 */
#ifndef ECHOD_CONTROL_CREDENTIALS_H
#define ECHOD_CONTROL_CREDENTIALS_H

#include "echod/control.h"

/* Fills all of *ret_peer; what the kernel does not say is -1. */
void credentials_of(int fd, struct control_peer *ret_peer);

#endif
