/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * echo.c: RFC 862. What comes goes back; it keeps no state. Being an identity, whoever moves bytes
 * may pass them on without asking; input() is for those that do ask.
 */
#include "echod/service.h"

#include "echod/attr.h"

static int echo_input(void *state UNUSED, const struct service_context *ctx UNUSED,
		      struct service_input *in, struct service_output *out)
{
	size_t n = in->length < out->room ? in->length : out->room;
	int error = n > 0 ? buf_append(out->bytes, in->data, n) : 0;

	if (error)
		return error;
	in->data += n;
	in->length -= n;
	out->room -= n;
	return SERVICE_MORE;
}

const struct service service_echo = {
	.name = "echo",
	.transports = SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX,
	.flags = SERVICE_IDENTITY,
	.input = echo_input,
};
