/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * parse.c: one reader of "digits and a unit" behind tables of units, and a distance of words. The
 * form is judged before the range, so that a wrong unit is never reported as too large.
 */
#include "echod/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum {
	WORD_MAX = 64 /* longer words are nobody's typing error */
};

struct unit {
	const char *suffix;
	int64_t factor;
};

static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit size_units[] = {
	{ "", 1 },	  { "k", 1 << 10 }, { "K", 1 << 10 }, { "m", 1 << 20 },
	{ "M", 1 << 20 }, { "g", 1 << 30 }, { "G", 1 << 30 }, { NULL, 0 },
};

static const struct unit count_units[] = {
	{ "", 1 },	  { "k", 1000 },       { "K", 1000 },	    { "m", 1000000 },
	{ "M", 1000000 }, { "g", 1000000000 }, { "G", 1000000000 }, { NULL, 0 },
};

static const struct unit ms_units[] = {
	{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 },
};

static const struct unit ns_units[] = {
	{ "", 1000000000 },
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * INT64_C(1000000000) },
	{ "h", 3600 * INT64_C(1000000000) },
	{ NULL, 0 },
};

/* Reads [-]digits and moves *text behind them. -EINVAL without a digit, -ERANGE (with all digits
 * read) beyond int64_t. */
static int read_digits(const char **text, int64_t *ret_value)
{
	const char *p = *text;
	bool negative = *p == '-';
	bool overflow = false;
	int64_t value = 0;

	p += negative;
	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		int digit = negative ? '0' - *p : *p - '0';

		overflow |= __builtin_mul_overflow(value, 10, &value);
		overflow |= __builtin_add_overflow(value, digit, &value);
	}
	*text = p;
	*ret_value = value;
	return overflow ? -ERANGE : 0;
}

static const struct unit *find_unit(const struct unit *units, const char *suffix)
{
	while (units->suffix && strcmp(units->suffix, suffix) != 0)
		units++;
	return units->suffix ? units : NULL;
}

static int parse_scaled(const char *text, const struct unit *units, int64_t min, int64_t max,
			int64_t *ret_value)
{
	const struct unit *unit;
	int64_t value = 0;
	int r = read_digits(&text, &value);

	if (r == -EINVAL)
		return r;
	unit = find_unit(units, text);
	if (!unit)
		return -EINVAL;
	if (r < 0 || __builtin_mul_overflow(value, unit->factor, &value))
		return -ERANGE;
	if (value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_integer(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	return parse_scaled(text, no_units, min, max, ret_value);
}

int parse_size(const char *text, int64_t min, int64_t max, int64_t *ret_bytes)
{
	return parse_scaled(text, size_units, min, max, ret_bytes);
}

int parse_count(const char *text, int64_t min, int64_t max, int64_t *ret_count)
{
	return parse_scaled(text, count_units, min, max, ret_count);
}

int parse_duration_ms(const char *text, int64_t min, int64_t max, int64_t *ret_ms)
{
	return parse_scaled(text, ms_units, min, max, ret_ms);
}

int parse_duration_ns(const char *text, int64_t min, int64_t max, int64_t *ret_ns)
{
	return parse_scaled(text, ns_units, min, max, ret_ns);
}

int parse_port(const char *text, uint16_t *ret_port)
{
	int64_t port;
	int r = parse_integer(text, 0, UINT16_MAX, &port);

	if (r < 0)
		return r;
	*ret_port = (uint16_t)port;
	return 0;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many insertions, deletions, replacements and swaps of neighbours make b of a; three rows of
 * the usual table. Both are at most WORD_MAX long. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	size_t width = strlen(b);

	memset(rows, 0, sizeof(rows));
	for (size_t k = 0; k <= width; k++)
		row[k] = (unsigned)k;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= width; k++) {
			row[k] = least(above[k - 1] + (a[i - 1] != b[k - 1]),
				       least(above[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				row[k] = least(row[k], before[k - 2] + 1);
		}
	}
	return row[width];
}

/* The word that text begins, if it begins one alone; "log" is that also beside "log reopen". */
static const char *unabbreviated(const char *text, const char *const *words)
{
	const size_t length = strlen(text);
	const char *shortest = NULL;

	for (size_t i = 0; words[i]; i++)
		if (strncmp(words[i], text, length) == 0 &&
		    (!shortest || strlen(words[i]) < strlen(shortest)))
			shortest = words[i];
	for (size_t i = 0; shortest && words[i]; i++)
		if (strncmp(words[i], text, length) == 0 &&
		    strncmp(words[i], shortest, strlen(shortest)) != 0)
			return NULL;
	return shortest;
}

const char *parse_nearest(const char *text, const char *const *words)
{
	const char *nearest = unabbreviated(text, words);
	size_t length = strlen(text);
	unsigned best;

	if (length == 0 || length > WORD_MAX)
		return NULL;
	if (nearest)
		return nearest;
	/* One slip in a short word, a few in a long one; more would be another word. */
	best = least((unsigned)length, length <= 4 ? 2 : length <= 8 ? 3 : 4);
	for (; *words; words++) {
		unsigned d = best;

		if (strlen(*words) <= WORD_MAX)
			d = distance(text, *words);
		if (d < best) {
			best = d;
			nearest = *words;
		}
	}
	return nearest;
}
