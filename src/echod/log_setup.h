/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_setup: the log as the configuration wants it.
 */
#ifndef ECHOD_LOG_SETUP_H
#define ECHOD_LOG_SETUP_H

#include <stdbool.h>

#include "echod/log.h"
#include "src/echod/config.h"
#include "src/echod/privileges.h"
#include "src/echod/why.h"

/* Opens the log; a file as the user that the daemon becomes, who must be able to open it again
 * (privileges NULL: as who we are). "auto" means syslog in the background, else the journal if
 * standard error leads there, else standard error. 0, or -errno with the reason. */
int log_setup(const struct config *config, const struct privileges *privileges, bool background,
	      struct why *why);
/* From one configuration's log to another's; opens nothing when only the level differs. The same
 * results; on failure the log stays where it was. */
int log_change(const struct config *from, const struct config *to, bool background,
	       struct why *why);

/* Until further notice this level instead of the configuration's, also over log_change(); NULL: the
 * configuration's again. */
void log_override(const enum log_level *level, const struct config *config);

#endif
