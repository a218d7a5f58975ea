/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * privileges_caps: the change of user and group with the capabilities that outlive it, twice:
 * privileges.c does it with libcap-ng, privileges_plain.c without. A build has one of them.
 */
#ifndef ECHOD_PRIVILEGES_CAPS_H
#define ECHOD_PRIVILEGES_CAPS_H

#include <stdbool.h>

#include "src/echod/privileges.h"

/* Takes p's gid and uid (supplementary groups are done) when p->change; in either case no
 * capability is left but CAP_NET_BIND_SERVICE, if keep_bind and we had it. */
int privileges_change_id(const struct privileges *p, bool keep_bind, struct why *why);

#endif
