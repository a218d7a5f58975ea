/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * time.c: RFC 868. The seconds since 1900 as 32 bits, then the end. They wrap on 7 February 2036 at
 * 06:28:16 UTC; who reads them has to know in which of these eras it lives.
 */
#include "answer.h"

#include "echod/attr.h"

/* From 1900 to 1970: 70 years, 17 of them with a leap day. */
#define SECONDS_1900_TO_1970 ((INT64_C(70) * 365 + 17) * 86400)

static int answer(const struct service_context *ctx, struct service_output *out)
{
	const uint32_t seconds = (uint32_t)(uint64_t)(ctx->real_s + SECONDS_1900_TO_1970);
	const uint8_t bytes[4] = { (uint8_t)(seconds >> 24), (uint8_t)(seconds >> 16),
				   (uint8_t)(seconds >> 8), (uint8_t)seconds };
	const int r = answer_whole(out, bytes, sizeof(bytes));

	return r < 0 ? r : SERVICE_CLOSE;
}

static int time_opened(void *state UNUSED, const struct service_context *ctx,
		       struct service_output *out)
{
	return answer(ctx, out);
}

static int time_input(void *state UNUSED, const struct service_context *ctx,
		      struct service_input *in, struct service_output *out)
{
	answer_use_all(in);
	return ctx->datagram ? answer(ctx, out) : SERVICE_MORE;
}

const struct service service_time = {
	.name = "time",
	.transports = SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX,
	.flags = SERVICE_NEEDS_CLOCK,
	.opened = time_opened,
	.input = time_input,
};
