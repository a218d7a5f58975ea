/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_text.c: one pass, one character at a time; a character is copied whole or escaped byte by
 * byte, never cut. UTF-8 as Unicode 15, table 3-7 has it: no overlong forms, no surrogates.
 */
#include "src/base/log_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "echod/attr.h"

static const struct {
	uint32_t first, last;
} unprintable[] = {
	{ 0x00, 0x1f },	    { 0x7f, 0x9f },	/* controls */
	{ 0x061c, 0x061c }, { 0x200e, 0x200f }, /* direction marks */
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, /* separators, direction overrides and isolates */
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, /* byte order mark, annotations */
};

static bool is_printable(uint32_t character)
{
	for (size_t i = 0; i < ARRAY_LENGTH(unprintable); i++) {
		if (character >= unprintable[i].first && character <= unprintable[i].last)
			return false;
	}
	return true;
}

/* How many bytes a character has that begins so; 0 for a byte that begins none. */
static size_t length_of(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* The length of the character at s if it is one and printable, else 0. The NUL at the end of the
 * text is no continuation byte, so nothing behind it is read. */
static size_t printable_length(const char *s)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = length_of((uint8_t)s[0]);
	uint32_t character = (uint8_t)s[0];

	if (n > 1)
		character &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if (((uint8_t)s[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | ((uint8_t)s[i] & 0x3f);
	}
	if (n == 0 || character < smallest[n] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	return is_printable(character) ? n : 0;
}

static void put_escape(char *to, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";

	to[0] = '\\';
	to[1] = 'x';
	to[2] = digits[byte >> 4];
	to[3] = digits[byte & 15];
}

void log_text_escape(char *ret_text, size_t size, const char *text)
{
	size_t used = 0, keep = 0; /* keep: where "..." still fits */

	while (*text) {
		size_t n = printable_length(text), need = n ? n : 4;

		if (used + need >= size) {
			memcpy(ret_text + keep, "...", 4);
			return;
		}
		if (n)
			memcpy(ret_text + used, text, n);
		else
			put_escape(ret_text + used, (uint8_t)*text);
		used += need;
		text += n ? n : 1;
		if (used + 4 <= size)
			keep = used;
	}
	ret_text[used] = '\0';
}
