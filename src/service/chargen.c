/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * chargen.c: RFC 864. The pattern for as long as the peer takes it; what comes is thrown away. The
 * state is the offset of the next byte in the pattern's period.
 */
#include "echod/chargen.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/service.h"

enum {
	RING = 95, /* printable characters, from the blank on */
	LINE = 72,
	LINE_WITH_END = LINE + 2,
	DATAGRAM_MAX = 512
};

/* At most the rest of a line. */
static size_t fill_some(size_t offset, uint8_t *bytes, size_t n)
{
	const size_t line = offset / LINE_WITH_END, first = offset % LINE_WITH_END;
	size_t column = first, character = (line + column) % RING;

	for (; column < LINE && n > 0; column++, n--) {
		*bytes++ = (uint8_t)(' ' + character);
		character = character + 1 < RING ? character + 1 : 0;
	}
	for (; column >= LINE && column < LINE_WITH_END && n > 0; column++, n--)
		*bytes++ = column == LINE ? '\r' : '\n';
	return column - first;
}

void chargen_fill(uint64_t offset, uint8_t *bytes, size_t n)
{
	while (n > 0) {
		size_t filled = fill_some((size_t)(offset % CHARGEN_PERIOD), bytes, n);

		offset += filled;
		bytes += filled;
		n -= filled;
	}
}

static int append(uint32_t offset, size_t n, struct service_output *out)
{
	uint8_t *space;
	int error = n > 0 ? buf_reserve(out->bytes, n, &space) : 0;

	if (error || n == 0)
		return error;
	chargen_fill(offset, space, n);
	buf_commit(out->bytes, n);
	out->room -= n;
	return 0;
}

static int chargen_opened(void *state UNUSED, const struct service_context *ctx UNUSED,
			  struct service_output *out UNUSED)
{
	return SERVICE_PRODUCE;
}

static int chargen_input(void *state UNUSED, const struct service_context *ctx,
			 struct service_input *in, struct service_output *out)
{
	in->data += in->length;
	in->length = 0;
	if (!ctx->datagram)
		return in->end ? SERVICE_MORE : SERVICE_PRODUCE;
	return append(0, out->room < DATAGRAM_MAX ? out->room : DATAGRAM_MAX, out);
}

static int chargen_output(void *state, const struct service_context *ctx UNUSED,
			  struct service_output *out)
{
	const size_t n = out->room < CHARGEN_PERIOD ? out->room : CHARGEN_PERIOD;
	uint32_t offset;
	int error;

	memcpy(&offset, state, sizeof(offset));
	error = append(offset, n, out);
	if (error)
		return error;
	offset = (uint32_t)((offset + n) % CHARGEN_PERIOD);
	memcpy(state, &offset, sizeof(offset));
	return SERVICE_PRODUCE;
}

const struct service service_chargen = {
	.name = "chargen",
	.transports = SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX,
	.state_size = sizeof(uint32_t),
	.opened = chargen_opened,
	.input = chargen_input,
	.output = chargen_output,
};
