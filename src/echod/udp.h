/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * udp: the pump of a worker's UDP sockets. There are no connections: a datagram is received,
 * judged (core/datagram.c), answered by the listener's service and forgotten.
 *
 *   udp.c       receiving and judging, a batch at a time
 *   udp_send.c  answering, and keeping what the kernel would not take
 *
 * One socket belongs to one slot and one worker, and is served in order: a flow stays in order.
 */
#ifndef ECHOD_UDP_H
#define ECHOD_UDP_H

#include <stdbool.h>

#include "echod/selector.h"

struct datagram_ports;
struct listener;
struct worker;

/* What a UDP listener needs besides, and with the first of them the worker's pump. -ENOMEM. */
int udp_open(struct listener *l);
/* Frees that; what is still unsent is counted as dropped. */
void udp_close(struct listener *l);
/* Frees the worker's pump. */
void udp_fini(struct worker *w);

/* The handler: one bounded turn. */
void udp_ready(struct selector_handler *handler, int fd, unsigned mask);
/* Answers what the kernel has queued on the slots that the worker serves; before they close. */
void udp_answer_waiting(struct listener *l);
/* Sends what waits for room on this slot, for the last time: what finds none soon is dropped. */
void udp_flush(struct listener *l, unsigned slot);
/* Answers of this slot wait for room in the kernel: it is not read until they are sent. */
bool udp_is_stuck(const struct listener *l, unsigned slot);

/* The sets of ports that listeners' rules point to; NULL without a pump. */
const struct datagram_ports *udp_own_ports(const struct worker *w);
const struct datagram_ports *udp_reflector_ports(const struct worker *w);
/* Listeners or the configuration have changed: which source ports are ours, which reflectors'. */
void udp_ports_changed(struct worker *w);

#endif
