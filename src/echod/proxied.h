/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * proxied: connections from proxies, from being accepted until their header has said for whom they
 * stand. Only then are they admitted or refused, by the client's address, and counted.
 */
#ifndef ECHOD_PROXIED_H
#define ECHOD_PROXIED_H

#include <stdint.h>

#include "echod/peer.h"
#include "echod/reason.h"

struct listener;
struct worker;

int proxied_init(struct worker *w);
void proxied_fini(struct worker *w);

/* Waits for the header of this connection, which the listener's trusted networks let in. 0: fd is
 * taken; on failure (-errno) it stays the caller's. */
int proxied_open(struct worker *w, struct listener *l, int fd, const struct peer *proxy);
/* Refuses all that wait still. */
void proxied_refuse_all(struct worker *w, enum reject_reason reason);

/* A stop has begun: a header that is not there in a moment is not waited for. */
void proxied_hasten(struct worker *w);

/* When the next one has waited for too long; and refuses those that have. */
int64_t proxied_deadline_ms(const struct worker *w);
void proxied_expire(struct worker *w);

#endif
