/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * fds: bytes and descriptors over a Unix stream socket, one system call each, never a signal.
 */
#ifndef ECHOD_CONTROL_FDS_H
#define ECHOD_CONTROL_FDS_H

#include <stddef.h>
#include <sys/types.h>

enum {
	FDS_MAX = 253 /* descriptors with one message: the kernel's own bound */
};

/* Sends bytes, and with the first of them these descriptors, which stay the caller's. How many
 * bytes were taken, or -errno; EINTR is retried. */
ssize_t fds_send(int socket, const void *data, size_t n, const int *fds, size_t n_fds);
/* Receives bytes; 0 is the end. Descriptors that came along are close-on-exec and the caller's;
 * *ret_n_fds is always set. */
ssize_t fds_receive(int socket, void *data, size_t size, int ret_fds[static FDS_MAX],
		    size_t *ret_n_fds);
/* Receives bytes; the kernel closes any descriptor that came along before it gets a number. */
ssize_t fds_receive_none(int socket, void *data, size_t size);

#endif
