/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * datagram: may this datagram be answered, and with what? Nothing here touches a socket.
 *
 * A datagram's source is whatever its sender wrote. An answer sent without looking would reach hosts
 * that asked for nothing (reflection), and two services that answer everything would answer each
 * other for ever (CVE-1999-0103, CVE-2024-2169). What cannot be told from its ports and addresses is
 * bounded by a token bucket per source, and no answer is longer than its request.
 */
#ifndef ECHOD_DATAGRAM_H
#define ECHOD_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"
#include "echod/guard.h"
#include "echod/peer.h"
#include "echod/reason.h"
#include "echod/service.h"

/* Payload that fits one datagram. */
enum {
	DATAGRAM_MAX_IPV4 = 65507,
	DATAGRAM_MAX_IPV6 = 65527
};

/* A set of ports: one bit each. Zeroed = none. */
struct datagram_ports {
	uint64_t bits[65536 / 64];
};

void datagram_ports_add(struct datagram_ports *ports, uint16_t port);
bool datagram_ports_have(const struct datagram_ports *ports, uint16_t port);

/* A listener's rules. All pointers are borrowed. */
struct datagram_rules {
	const struct datagram_ports *own;	 /* of every UDP listener of the daemon */
	const struct datagram_ports *reflectors; /* where services answer whatever comes */
	struct guard_acl acl;
	struct guard_rate rate;
	bool amplify; /* an answer may be longer than its request */
};

/* What is known of one that came. */
struct datagram {
	struct peer source;
	struct peer local;  /* the address and port that it was sent to */
	bool over_loopback; /* it came in by the loopback interface */
	bool to_many; /* sent to a broadcast or multicast address: no answer can leave there */
	bool truncated;
	size_t length;
};

/* True = go on and answer; false = *ret_reason says why not. The order of the questions is
 *
 *     truncated  port_zero  bad_source  self  own_port  reflector_port  loopback_elsewhere
 *     acl  send (to_many)  rate
 *
 * so that only what nothing else refuses takes a token. An IPv4-mapped source is the IPv4 one. */
bool datagram_admit(const struct datagram_rules *rules, struct guard *guard,
		    const struct guard_daemon *daemon, const struct datagram *d, int64_t now_ns,
		    enum drop_reason *ret_reason);

enum datagram_answer {
	DATAGRAM_SAME,	  /* the request, byte for byte */
	DATAGRAM_OTHER,	  /* what was appended to out */
	DATAGRAM_NOTHING, /* the service does not answer */
	DATAGRAM_DROP	  /* *ret_reason: DROP_SHORT, or DROP_SEND without memory */
};

/* Has the service answer. out is empty before, and holds nothing but a DATAGRAM_OTHER after. */
enum datagram_answer datagram_answer(const struct datagram_rules *rules,
				     const struct service *service,
				     const struct service_context *ctx, const struct datagram *d,
				     const void *request, struct buf *out,
				     enum drop_reason *ret_reason);

#endif
