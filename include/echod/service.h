/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * service: what is done with bytes. A service is a const table of pure functions: it sees bytes and
 * a context, never a descriptor, the clock or the kernel.
 */
#ifndef ECHOD_SERVICE_H
#define ECHOD_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"
#include "echod/peer.h"

enum service_transport {
	SERVICE_TCP = 1 << 0,
	SERVICE_UDP = 1 << 1,
	SERVICE_UNIX = 1 << 2
};

enum service_flags {
	SERVICE_IDENTITY = 1 << 0,	 /* output is input: a pump may bypass input() */
	SERVICE_NEEDS_CLOCK = 1 << 1,	 /* ctx.real_s, ctx.real_ns are filled */
	SERVICE_NEEDS_PEER = 1 << 2,	 /* ctx.peer, ctx.local are filled */
	SERVICE_NEEDS_TCP_INFO = 1 << 3, /* ctx.path is filled, as far as the kernel tells */
	SERVICE_NEEDS_PROXY = 1 << 4 /* ctx.proxy is filled, if a proxy brought the connection */
};

/* The last one given holds. */
enum service_verdict {
	SERVICE_MORE,	 /* go on with input */
	SERVICE_PRODUCE, /* call output() whenever there is room; it appends something each time */
	SERVICE_CLOSE	 /* end after everything appended was sent */
};

/* What the kernel knows of the way to the peer; -1 where it does not tell. */
struct service_path {
	int hops;	   /* TTL or hop limit with which a packet of the peer's arrived */
	int traffic_class; /* its DSCP and ECN */
	bool has_tcp;	   /* the following are filled */
	int64_t rtt_us, rtt_variance_us;
	int64_t send_mss, receive_mss, path_mtu; /* bytes */
	int send_scale, receive_scale;		 /* of the windows, -1 = not negotiated */
	int64_t retransmissions;		 /* segments that we sent again */
};

/* With what words a proxy brought a connection. */
struct service_proxy {
	int version;	  /* of the PROXY protocol, 1 or 2 */
	struct peer from; /* the proxy */
	/* The client and where it wanted to go; PEER_NONE where the proxy spoke for itself. */
	struct peer source, destination;
	const uint8_t *header; /* as it was received */
	size_t length;
};

/* A datagram is answered by input() alone, with zeroed state: in is all of it, and room is how long
 * the answer may be. What does not fit is not appended at all. */
struct service_context {
	bool datagram;
	int64_t real_s, real_ns;
	const struct peer *peer, *local;
	const struct service_path *path;
	const struct service_proxy *proxy; /* NULL = none brought it */
	const void *settings; /* the listener's const settings of this service, or NULL */
};

/* Input as a view: the service moves data forward and length down over what it used. What it leaves
 * comes again, with what follows it or when there is more room. At the end it is called once more
 * even if nothing is left, and again only while answers of its own keep it from using the rest. */
struct service_input {
	const uint8_t *data;
	size_t length;
	bool end; /* the peer will send no more after this */
};

/* Output: append to bytes, at most room more; take what was appended off room. */
struct service_output {
	struct buf *bytes;
	size_t room;
};

enum {
	SERVICE_STATE_MAX = 4 /* bytes of state in a connection's record */
};

/* The functions return an enum service_verdict or -errno: -ENOMEM for want of memory, any other for
 * the peer's breach of the protocol; what was appended is still sent. Any may be NULL: without
 * input() what comes is thrown away, and the peer's end stops output(). */
struct service {
	const char *name;
	unsigned transports; /* enum service_transport */
	unsigned flags;	     /* enum service_flags */
	size_t state_size;   /* <= SERVICE_STATE_MAX; flat and zeroed at the start, no pointers */
	size_t max_input;    /* how many unused bytes may wait for more input; beyond, a breach */
	size_t (*input_limit)(const void *settings); /* if not NULL, instead of max_input */
	int (*opened)(void *state, const struct service_context *ctx, struct service_output *out);
	int (*input)(void *state, const struct service_context *ctx, struct service_input *in,
		     struct service_output *out);
	int (*output)(void *state, const struct service_context *ctx, struct service_output *out);
	void (*fini)(void *state);
};

extern const struct service service_chargen; /* RFC 864 */
extern const struct service service_daytime; /* RFC 867 */
extern const struct service service_discard; /* RFC 863 */
extern const struct service service_echo;    /* RFC 862 */
extern const struct service service_message; /* message.h */
extern const struct service service_reflect; /* what the server sees of its peer, as JSON */
extern const struct service service_time;    /* RFC 868 */

/* The service of this name, or NULL. */
const struct service *service_find(const char *name);
/* All names, ended by NULL. */
const char *const *service_names(void);

#endif
