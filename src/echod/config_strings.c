/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Lists of strings, each owned by its list, and of ports, and what text may be in a configuration.
 */
#include <errno.h>
#include <string.h>

#include "config.h"

int config_strings_add(struct config_strings *strings, const char *text)
{
	char **items = reallocarray(strings->items, strings->length + 1, sizeof(*items));
	char *copy;

	if (!items)
		return -ENOMEM;
	strings->items = items;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	items[strings->length++] = copy;
	return 0;
}

void config_strings_fini(struct config_strings *strings)
{
	for (size_t i = 0; i < strings->length; i++)
		free(strings->items[i]);
	free(strings->items);
	*strings = (struct config_strings){ 0 };
}

int config_ports_add(struct config_ports *ports, uint16_t port)
{
	uint16_t *items = reallocarray(ports->items, ports->length + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	ports->items = items;
	items[ports->length++] = port;
	return 0;
}

/* The length of the sequence that this byte begins, 0 = none. */
static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return first >= 0x20 && first != 0x7f;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if ((first & 0xf0) == 0xe0)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* RFC 3629 section 4: the second byte's range excludes overlong forms, surrogates and what lies
 * beyond U+10FFFF; C2 80 to C2 9F are control characters. */
static bool second_is_good(unsigned char first, unsigned char second)
{
	unsigned low = 0x80, high = 0xbf;

	if (first == 0xe0 || first == 0xc2)
		low = 0xa0;
	if (first == 0xf0)
		low = 0x90;
	if (first == 0xed)
		high = 0x9f;
	if (first == 0xf4)
		high = 0x8f;
	return second >= low && second <= high;
}

bool config_is_text(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p != '\0') {
		size_t n = sequence_length(*p);

		if (n == 0 || (n > 1 && !second_is_good(p[0], p[1])))
			return false;
		for (size_t i = 2; i < n; i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
		p += n;
	}
	return true;
}
