/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_turns.c: see top_turns.h.
 */
#include "echoctl/top_turns.h"

void top_turns_read(struct fields *f, const json_t *object, const char *where, const char *name,
		    size_t n, int64_t *ret_numbers)
{
	const json_t *list = fields_array(f, object, where, name);

	if (json_array_size(list) != n)
		fields_wrong(f, where, name, "of another length");
	for (size_t i = 0; i < n; i++) {
		const json_t *number = json_array_get(list, i);

		if (!json_is_integer(number))
			fields_wrong(f, where, name, "no list of integers");
		ret_numbers[i] = json_integer_value(number);
	}
}

/* A kind of which there are fewer than before began anew. */
static int64_t grown(const int64_t *now, const int64_t *before, size_t kind)
{
	return now[kind] < before[kind] ? now[kind] : now[kind] - before[kind];
}

/* The limit of the kind in which the n-th shortest is. */
static int64_t limit_of(int64_t n, const int64_t *now, const int64_t *before,
			const int64_t *limits_us, size_t n_kinds)
{
	for (size_t kind = 0; kind + 1 < n_kinds; kind++) {
		n -= grown(now, before, kind);
		if (n <= 0)
			return limits_us[kind];
	}
	return INT64_MAX;
}

struct top_turns top_turns_between(const int64_t *now, const int64_t *before,
				   const int64_t *limits_us, size_t n_kinds)
{
	int64_t n = 0;

	for (size_t kind = 0; kind < n_kinds; kind++)
		n += grown(now, before, kind);
	if (n == 0)
		return (struct top_turns){ .known = false };
	return (struct top_turns){
		.known = true,
		.half_us = limit_of(n - n / 2, now, before, limits_us, n_kinds),
		.most_us = limit_of(n - n / 100, now, before, limits_us, n_kinds),
		.all_us = limit_of(n, now, before, limits_us, n_kinds),
	};
}
