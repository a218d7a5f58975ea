/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * identity: whom the daemon becomes, from what the command line and the configuration name.
 */
#ifndef ECHOD_IDENTITY_H
#define ECHOD_IDENTITY_H

#include "echod/log.h"
#include "src/echod/privileges.h"

struct config;

/* What is to be said of the choice once the log is open; an empty text is nothing. */
struct identity_note {
	enum log_level level;
	struct why why;
};

/* Root becomes the user and group named, see privileges_find(). Anybody else stays: naming another
 * on the command line is -EPERM, in a file it is left for a start as root, and noted. On failure
 * ret_note's text is the reason. *ret_privileges is the caller's to end by privileges_fini(). */
int identity_find(const struct config *config, struct privileges *ret_privileges,
		  struct identity_note *ret_note);

#endif
