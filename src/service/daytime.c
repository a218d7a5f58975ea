/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * daytime.c: RFC 867. One line with the date and time, in the first of the forms that it suggests
 * and in UTC, then the end. What comes is thrown away.
 */
#include "answer.h"

#include <inttypes.h>
#include <stdio.h>

#include "calendar.h"
#include "echod/attr.h"

enum {
	LINE_SIZE = 96
};

/* "Weekday, Month Day, Year Time-Zone" */
static int answer(const struct service_context *ctx, struct service_output *out)
{
	const struct calendar now = calendar_of(ctx->real_s);
	char line[LINE_SIZE];
	const int n = snprintf(line, sizeof(line), "%s, %s %d, %" PRId64 " %02d:%02d:%02d-UTC\r\n",
			       calendar_weekday(&now), calendar_month(&now), now.day, now.year,
			       now.hour, now.minute, now.second);
	const int r = answer_whole(out, line, (size_t)n);

	return r < 0 ? r : SERVICE_CLOSE;
}

static int daytime_opened(void *state UNUSED, const struct service_context *ctx,
			  struct service_output *out)
{
	return answer(ctx, out);
}

static int daytime_input(void *state UNUSED, const struct service_context *ctx,
			 struct service_input *in, struct service_output *out)
{
	answer_use_all(in);
	return ctx->datagram ? answer(ctx, out) : SERVICE_MORE;
}

const struct service service_daytime = {
	.name = "daytime",
	.transports = SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX,
	.flags = SERVICE_NEEDS_CLOCK,
	.opened = daytime_opened,
	.input = daytime_input,
};
