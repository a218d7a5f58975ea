/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * udp_parts: what the two halves of the pump share. The memory is lent to one batch at a time:
 * nothing of it is in use between two turns of the loop.
 */
#ifndef ECHOD_UDP_PARTS_H
#define ECHOD_UDP_PARTS_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "echod/buf.h"
#include "echod/datagram.h"
#include "echod/log.h"
#include "echod/net.h"
#include "echod/net_datagram.h"
#include "src/echod/listener.h"

enum {
	UDP_BATCH = 32,
	UDP_BYTES = 65536, /* more than any datagram has */
	UDP_INTERFACES = 8 /* remembered, by the last bits of their index */
};

/* One that came, and how its answer would go back. */
struct udp_cell {
	struct net_address from;
	struct net_hit hit;
	struct buf answer; /* of a service that makes its own */
	alignas(struct cmsghdr) uint8_t in_control[NET_CONTROL_BYTES];
	alignas(struct cmsghdr) uint8_t out_control[NET_CONTROL_BYTES];
};

struct udp_pump {
	struct datagram_ports own, reflectors;
	uint8_t *memory; /* UDP_BATCH times UDP_BYTES; owned */
	struct udp_cell cells[UDP_BATCH];
	struct mmsghdr in[UDP_BATCH], out[UDP_BATCH];
	struct iovec in_iov[UDP_BATCH], out_iov[UDP_BATCH];
	unsigned n_out;
	struct {
		unsigned index; /* 0 = none */
		bool is_loopback;
	} interfaces[UDP_INTERFACES];
	struct log_limit drop_limits[DROP_REASONS];
	struct log_limit error_limit;
};

/* Answers that wait for room in the kernel, oldest first. */
struct udp_unsent {
	unsigned n, next;
	struct {
		struct net_address to;
		struct net_hit hit;
		uint8_t *data; /* owned */
		size_t length;
	} items[UDP_BATCH];
};

/* Counts it, and says so now and then. */
void udp_drop(struct listener *l, const struct peer *source, enum drop_reason reason);

/* ---- udp_send.c ---- */

/* Adds an answer to the batch: these bytes, back to where the cell's datagram came from. */
void udp_add_answer(struct udp_pump *pump, struct udp_cell *cell, const void *data, size_t length);
/* Sends the batch. What the kernel would not take now is kept for the slot. */
void udp_send_batch(struct listener *l, unsigned slot, int fd);
/* Sends what was kept, as far as it goes. */
void udp_send_unsent(struct listener *l, unsigned slot, int fd);
/* Gives up what was kept. */
void udp_drop_unsent(struct listener *l, unsigned slot);

#endif
