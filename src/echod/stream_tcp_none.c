/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_tcp_none.c: on systems where nobody has shown what there is to ask.
 */
#include <errno.h>

#include "echod/attr.h"
#include "src/echod/stream_tcp.h"

int stream_tcp(int fd UNUSED, struct stream_tcp *ret_tcp UNUSED)
{
	return -ENOSYS;
}
