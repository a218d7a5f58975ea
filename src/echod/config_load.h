/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_load: what loading a file and making a configuration from HOST PORT have in common.
 */
#ifndef ECHOD_CONFIG_LOAD_H
#define ECHOD_CONFIG_LOAD_H

#include "config.h"

/* Gives every key that has no value yet its default, in the globals and in each listener. A key
 * whose origin says refused stays empty. 0, or -ENOMEM. */
int config_fill_defaults(struct config *config);
/* One more listener of this name, all its keys empty; *ret_listener is good until the next. */
int config_add_listener(struct config *config, const char *name,
			struct config_listener **ret_listener);

/* What the values mean together; values whose origin says refused are left out. Every mistake goes
 * to *errors. 0, or -ENOMEM. */
int config_check(const struct config *config, struct config_errors *errors);

#endif
