/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * table_epoll.c: the back ends where the kernel has epoll(7).
 */
#include "selector/backend.h"

const struct selector_backend *const selector_backends[] = {
	&selector_epoll,
	&selector_poll,
	&selector_posix_select,
	NULL,
};

const char *const selector_backend_names[] = { "epoll", "poll", "select", NULL };
