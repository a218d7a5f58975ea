/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reload_compare: what a reload changes, in names. Pure.
 */
#ifndef ECHOD_RELOAD_COMPARE_H
#define ECHOD_RELOAD_COMPARE_H

#include <stdio.h>

#include "src/echod/config.h"

/* Each listener of either configuration is in one of the first four. */
struct reload_difference {
	struct config_strings added, removed;
	struct config_strings changed; /* some key of it has another value */
	struct config_strings kept;
	struct config_strings needs_restart; /* keys of the daemon whose change has no effect */
};

/* -ENOMEM. Release with reload_difference_fini() in any case. */
int reload_compare(const struct config *old_config, const struct config *new_config,
		   struct reload_difference *ret_difference);
void reload_difference_fini(struct reload_difference *difference);
/* "added a, b; removed c; changed d; kept e; needs a restart: workers", without what is empty. */
void reload_difference_print(const struct reload_difference *difference, FILE *stream);

#endif
