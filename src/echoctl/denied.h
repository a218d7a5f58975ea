/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * denied: who may, where the daemon said that we may not.
 */
#ifndef ECHOD_ECHOCTL_DENIED_H
#define ECHOD_ECHOCTL_DENIED_H

struct control_client;

/* Says on standard error who may call this method (qualified). The groups are asked of the daemon, on
 * the same connection, unless it is NULL, for at most a second. */
void denied_explain(struct control_client *client, const char *method);

#endif
