/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * html.c: see html.h.
 */
#include "src/echod/html.h"

#include <inttypes.h>
#include <stddef.h>

#include "echod/attr.h"

/* What stands for a byte of a text, or NULL for itself. */
static const char *entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* How many bytes at p are one control character, of ASCII or behind it (U+0080 to U+009F), or 0. */
static size_t control_length(const unsigned char *p)
{
	if (p[0] < 0x20 || p[0] == 0x7f)
		return 1;
	return p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f ? 2 : 0;
}

void html_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		const size_t length = control_length(p);
		const char *meant = entity(*p);

		if (length > 0)
			fprintf(out, "\\x%02x", p[length - 1]);
		else if (meant)
			fputs(meant, out);
		else
			fputc(*p, out);
		p += length > 0 ? length : 1;
	}
}

void html_count(FILE *out, int64_t n)
{
	char digits[24];
	const int length = snprintf(digits, sizeof(digits), "%" PRId64, n);

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
			fputc(',', out);
		fputc(digits[i], out);
	}
}

void html_bytes(FILE *out, double n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	size_t unit = 0;

	/* What would be rounded to 1024.0 has the next unit. */
	while (n >= (unit ? 1023.95 : 1023.5) && unit + 1 < ARRAY_LENGTH(units)) {
		n /= 1024;
		unit++;
	}
	fprintf(out, "%.*f %s", unit > 0 ? 1 : 0, n, units[unit]);
}

void html_rate(FILE *out, double per_second)
{
	if (per_second >= 99.5)
		html_count(out, (int64_t)(per_second + 0.5));
	else if (per_second <= 0)
		fputc('0', out);
	else if (per_second < 0.01)
		fputs("below 0.01", out);
	else
		fprintf(out, "%.*f", per_second < 9.95 ? 2 : 1, per_second);
}

void html_duration(FILE *out, int64_t ms)
{
	static const struct {
		const char *name, *rest_name;
		int64_t s, rest_s;
	} units[] = {
		{ "d", "h", 86400, 3600 },
		{ "h", "min", 3600, 60 },
		{ "min", "s", 60, 1 },
	};
	const int64_t s = ms / 1000;

	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		if (s < units[i].s)
			continue;
		fprintf(out, "%" PRId64 " %s", s / units[i].s, units[i].name);
		if (s % units[i].s >= units[i].rest_s)
			fprintf(out, " %" PRId64 " %s", s % units[i].s / units[i].rest_s,
				units[i].rest_name);
		return;
	}
	if (s >= 10)
		fprintf(out, "%" PRId64 " s", s);
	else
		fprintf(out, "%" PRId64 ".%" PRId64 " s", s, ms % 1000 / 100);
}
