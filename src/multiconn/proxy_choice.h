/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * proxy_choice: the PROXY header that each connection begins with, if it is to have one, and for whom
 * it says that we stand.
 */
#ifndef MULTICONN_PROXY_CHOICE_H
#define MULTICONN_PROXY_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "echod/peer.h"
#include "echod/proxy.h"

struct proxy_choice {
	enum proxy_version version; /* 0 = no header */
	bool has_source;
	struct peer source; /* the client; without one, our own end of the connection */
};

/* "v1", "v2", either with ",src=ADDRESS:PORT", an IPv6 address in brackets. -EINVAL. */
int proxy_choice_parse(const char *text, struct proxy_choice *ret_choice);

/* Writes the header of this connected socket and returns its length, or -errno when the kernel does
 * not know its ends any more. A Unix socket has no address to tell: without a source the header says
 * so (UNKNOWN, LOCAL), with one the destination is the unspecified address. */
int proxy_choice_write(const struct proxy_choice *choice, int fd,
		       uint8_t ret_bytes[static PROXY_WRITTEN_MAX]);

#endif
