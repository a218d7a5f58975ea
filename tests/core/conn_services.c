/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_services.c: simple, slow and obvious, as what they do is what conn is measured by.
 */
#include "tests/core/conn_services.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "echod/attr.h"

enum {
	STREAM_CHUNK = 1000
};

uint8_t stream_byte(size_t position)
{
	return (uint8_t)('!' + position % 95);
}

/* False, with nothing done, when there is no room. */
static bool put(struct service_output *out, const void *data, size_t n)
{
	if (out->room < n)
		return false;
	assert(buf_append(out->bytes, data, n) == 0);
	out->room -= n;
	return true;
}

static void use(struct service_input *in, size_t n)
{
	in->data += n;
	in->length -= n;
}

static int double_input(void *state UNUSED, const struct service_context *ctx UNUSED,
			struct service_input *in, struct service_output *out)
{
	while (in->length > 0) {
		uint8_t twice[2] = { in->data[0], in->data[0] };

		if (!put(out, twice, 2))
			break;
		use(in, 1);
	}
	return SERVICE_MORE;
}

static int units_input(void *state UNUSED, const struct service_context *ctx UNUSED,
		       struct service_input *in, struct service_output *out)
{
	while (in->length >= 4) {
		uint8_t unit[4] = { in->data[3], in->data[2], in->data[1], in->data[0] };

		if (!put(out, unit, 4))
			return SERVICE_MORE;
		use(in, 4);
	}
	if (in->end && in->length > 0 && put(out, "!", 1)) {
		use(in, in->length);
		return SERVICE_CLOSE;
	}
	return SERVICE_MORE;
}

static int line_input(void *state UNUSED, const struct service_context *ctx UNUSED,
		      struct service_input *in, struct service_output *out)
{
	while (in->length > 0) {
		uint8_t byte = in->data[0];

		if (!put(out, &byte, 1))
			break;
		use(in, 1);
		if (byte == '\n')
			return SERVICE_CLOSE;
	}
	return SERVICE_MORE;
}

static int picky_input(void *state UNUSED, const struct service_context *ctx UNUSED,
		       struct service_input *in, struct service_output *out)
{
	while (in->length > 0) {
		if (in->data[0] == 'x')
			return -EPROTO;
		if (!put(out, in->data, 1))
			break;
		use(in, 1);
	}
	return SERVICE_MORE;
}

static int stream_opened(void *state UNUSED, const struct service_context *ctx UNUSED,
			 struct service_output *out UNUSED)
{
	return SERVICE_PRODUCE;
}

static int stream_output(void *state, const struct service_context *ctx UNUSED,
			 struct service_output *out)
{
	uint8_t chunk[STREAM_CHUNK];
	size_t n = out->room < STREAM_CHUNK ? out->room : STREAM_CHUNK;
	uint32_t position;

	memcpy(&position, state, sizeof(position));
	for (size_t i = 0; i < n; i++)
		chunk[i] = stream_byte(position++);
	if (!put(out, chunk, n))
		return -ENOMEM;
	memcpy(state, &position, sizeof(position));
	return SERVICE_PRODUCE;
}

static int greet_opened(void *state UNUSED, const struct service_context *ctx UNUSED,
			struct service_output *out)
{
	assert(put(out, "hi\n", 3));
	return SERVICE_CLOSE;
}

const struct service service_double = {
	.name = "double",
	.transports = SERVICE_TCP,
	.input = double_input,
};

const struct service service_units = {
	.name = "units",
	.transports = SERVICE_TCP,
	.max_input = 3,
	.input = units_input,
};

const struct service service_line = {
	.name = "line",
	.transports = SERVICE_TCP,
	.input = line_input,
};

const struct service service_picky = {
	.name = "picky",
	.transports = SERVICE_TCP,
	.input = picky_input,
};

const struct service service_stream = {
	.name = "stream",
	.transports = SERVICE_TCP,
	.state_size = 4,
	.opened = stream_opened,
	.output = stream_output,
};

const struct service service_greet = {
	.name = "greet",
	.transports = SERVICE_TCP,
	.opened = greet_opened,
};
