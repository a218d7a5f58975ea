/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_text.c: see top_text.h.
 */
#include "echoctl/top_text.h"

#include <inttypes.h>
#include <string.h>

/* UTF-8: all bytes of a character but the first are of this form. */
static bool goes_on(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

const char *top_text_plain(const char *text, char out[static TOP_TEXT_SIZE])
{
	size_t n = 0;

	for (; *text && n < TOP_TEXT_SIZE - 1; text++)
		if (*text >= ' ' && *text <= '~')
			out[n++] = *text;
		else if (!goes_on(*text))
			out[n++] = '?';
	if (*text)
		out[n - 1] = '~';
	out[n] = '\0';
	return out;
}

const char *top_text_endpoint(const struct top_listener *l, char out[static TOP_TEXT_SIZE])
{
	const bool brackets = l->address && strchr(l->address, ':');
	char text[2 * TOP_TEXT_SIZE];

	if (l->address)
		snprintf(text, sizeof(text), "%s %s%s%s:%" PRId64, l->transport,
			 brackets ? "[" : "", l->address, brackets ? "]" : "", l->port);
	else
		snprintf(text, sizeof(text), "%s %s", l->transport, l->path ? l->path : "-");
	return top_text_plain(text, out);
}

const char *top_text_rate(bool known, double per_second, char out[static RENDER_TEXT_SIZE])
{
	if (!known)
		snprintf(out, RENDER_TEXT_SIZE, "-");
	else if (per_second < 99.95)
		snprintf(out, RENDER_TEXT_SIZE, "%.1f", per_second);
	else if (per_second < 999999.5)
		snprintf(out, RENDER_TEXT_SIZE, "%.0f", per_second);
	else
		snprintf(out, RENDER_TEXT_SIZE, "%.1fM", per_second / 1e6);
	return out;
}

const char *top_text_byte_rate(bool known, double per_second, char out[static RENDER_TEXT_SIZE])
{
	if (known)
		return render_bytes((int64_t)(per_second + 0.5), out);
	snprintf(out, RENDER_TEXT_SIZE, "-");
	return out;
}

static void print_us(const char *before, int64_t us, char out[static RENDER_TEXT_SIZE])
{
	if (us < 1000)
		snprintf(out, RENDER_TEXT_SIZE, "%s%" PRId64 " us", before, us);
	else if (us < 1000000)
		snprintf(out, RENDER_TEXT_SIZE, "%s%g ms", before, (double)us / 1e3);
	else
		snprintf(out, RENDER_TEXT_SIZE, "%s%g s", before, (double)us / 1e6);
}

const char *top_text_limit(bool known, int64_t us, const int64_t *limits_us, size_t n,
			   char out[static RENDER_TEXT_SIZE])
{
	if (!known)
		snprintf(out, RENDER_TEXT_SIZE, "-");
	else if (us == INT64_MAX)
		print_us(">", n > 1 ? limits_us[n - 2] : 0, out);
	else
		print_us("", us, out);
	return out;
}

const char *top_text_share(bool known, double share, char out[static RENDER_TEXT_SIZE])
{
	snprintf(out, RENDER_TEXT_SIZE, known ? "%.0f%%" : "-", share * 100);
	return out;
}
