/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * access_log: one line for each connection that has ended, where log.access asks for it.
 */
#ifndef ECHOD_ACCESS_LOG_H
#define ECHOD_ACCESS_LOG_H

struct conn;
struct peer;
struct worker;

/* To be called while c still has what it did not send. proxy is who brought the connection, NULL =
 * the peer itself. The journal gets each fact as a field too: echod.conf(5) names them. */
void access_log(const struct worker *w, const struct conn *c, const struct peer *proxy);

#endif
