/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * table_portable.c: the back ends that every POSIX system has.
 */
#include "selector/backend.h"

const struct selector_backend *const selector_backends[] = {
	&selector_poll,
	&selector_posix_select,
	NULL,
};

const char *const selector_backend_names[] = { "poll", "select", NULL };
