/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * parse: numbers, sizes, durations and rates as people write them, and the near miss of a word.
 * Each takes a whole NUL-terminated text without surrounding blanks; decimal digits only.
 * Errors: -EINVAL not of the form, -ERANGE outside min..max (both included) or of int64_t.
 */
#ifndef ECHOD_PARSE_H
#define ECHOD_PARSE_H

#include <stddef.h>
#include <stdint.h>

int parse_integer(const char *text, int64_t min, int64_t max, int64_t *ret_value);

/* Bytes: 512, 64k, 16m, 1g, also in capitals; k = 1024. */
int parse_size(const char *text, int64_t min, int64_t max, int64_t *ret_bytes);

/* A count or rate: 1000, 20k, 3m, 1g, also in capitals; k = 1000. */
int parse_count(const char *text, int64_t min, int64_t max, int64_t *ret_count);

/* A duration in milliseconds: 250ms, 5s, 2m, 1h; a plain number is seconds. min and max in ms. "us"
 * and "ns" are for parse_duration_ns, which is the same in nanoseconds. */
int parse_duration_ms(const char *text, int64_t min, int64_t max, int64_t *ret_ms);
int parse_duration_ns(const char *text, int64_t min, int64_t max, int64_t *ret_ns);

/* 0 to 65535. */
int parse_port(const char *text, uint16_t *ret_port);

/* The word of the list (ended by NULL) that this text abbreviates, if it is of one alone, or that a
 * typing error would have made of it, or NULL when none is near enough to suggest. */
const char *parse_nearest(const char *text, const char *const *words);

#endif
