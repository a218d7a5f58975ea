/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers: the daemon's answers on the control socket, between handlers*.c. Everything else sees
 * handlers_open() in master.h only.
 */
#ifndef ECHOD_HANDLERS_H
#define ECHOD_HANDLERS_H

#include <jansson.h>

struct master;

/* The reply of GetStatus; NULL = no memory. The caller's reference. */
json_t *handlers_status(const struct master *m);

#endif
