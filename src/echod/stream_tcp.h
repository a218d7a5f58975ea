/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_tcp: what the kernel knows of a TCP connection at this moment, as `ss -tin` shows it.
 */
#ifndef ECHOD_STREAM_TCP_H
#define ECHOD_STREAM_TCP_H

#include <stdint.h>

struct stream_tcp {
	int64_t receive_queue_bytes; /* arrived and not yet received */
	int64_t send_queue_bytes;    /* sent and not yet acknowledged, or not yet gone out */
	int64_t round_trip_us, round_trip_variance_us;
	int64_t retransmissions;   /* of all its time */
	int64_t congestion_window; /* segments */
	int64_t unacknowledged;	   /* segments */
	int64_t send_mss_bytes, receive_mss_bytes, path_mtu_bytes;
};

/* -errno; -ENOSYS on systems where nobody has shown what there is to ask. */
int stream_tcp(int fd, struct stream_tcp *ret_tcp);

#endif
