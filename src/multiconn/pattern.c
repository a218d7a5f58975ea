/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * pattern.c: the expected stream and the one comparison that every received byte goes through.
 */
#include "multiconn/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t padded_length(const char *text, size_t min_length)
{
	const size_t length = strlen(text);

	return length < min_length ? min_length : length;
}

static size_t total_length(const char *const *texts, size_t n_texts, size_t min_length)
{
	size_t total = 0;

	for (size_t i = 0; i < n_texts; i++)
		total += padded_length(texts[i], min_length);
	return total;
}

/* The padding differs from place to place, so that a byte in the wrong place shows. */
static void copy_padded(uint8_t *bytes, const char *text, size_t n)
{
	const size_t length = strlen(text);

	memcpy(bytes, text, length);
	for (size_t i = length; i < n; i++)
		bytes[i] = (uint8_t)(' ' + (i + i / 95) % 95);
}

int pattern_init(struct pattern *p, const char *const *texts, size_t n_texts, size_t min_length)
{
	/* One more than needed: an empty pattern has memory as well. */
	uint8_t *bytes = malloc(total_length(texts, n_texts, min_length) + 1);
	size_t *ends = calloc(n_texts + 1, sizeof(*ends));
	size_t at = 0;

	if (!bytes || !ends) {
		free(bytes);
		free(ends);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n_texts; i++) {
		size_t n = padded_length(texts[i], min_length);

		copy_padded(bytes + at, texts[i], n);
		at += n;
		ends[i] = at;
	}
	*p = (struct pattern){ .bytes = bytes, .length = at, .ends = ends, .n_messages = n_texts };
	return 0;
}

int pattern_init_bytes(struct pattern *p, const uint8_t *data, size_t n)
{
	uint8_t *bytes = malloc(n + 1);
	size_t *ends = malloc(sizeof(*ends));

	if (!bytes || !ends) {
		free(bytes);
		free(ends);
		return -ENOMEM;
	}
	if (n > 0)
		memcpy(bytes, data, n);
	ends[0] = n;
	*p = (struct pattern){ .bytes = bytes, .length = n, .ends = ends, .n_messages = 1 };
	return 0;
}

void pattern_fini(struct pattern *p)
{
	free(p->bytes);
	free(p->ends);
	*p = (struct pattern){ 0 };
}

size_t pattern_message(const struct pattern *p, size_t i, const uint8_t **ret_bytes)
{
	const size_t start = i > 0 ? p->ends[i - 1] : 0;

	*ret_bytes = p->bytes + start;
	return p->ends[i] - start;
}

size_t pattern_message_end(const struct pattern *p, size_t offset)
{
	size_t low = 0;
	size_t high = p->n_messages - 1;

	/* The first end behind the offset; an empty message has none of its own. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->ends[middle] > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return p->ends[low];
}

static size_t common_prefix(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;

	if (memcmp(a, b, n) == 0)
		return n;
	while (a[i] == b[i])
		i++;
	return i;
}

size_t pattern_verify(const struct pattern *p, size_t offset, const uint8_t *data, size_t n)
{
	size_t left = p->length - offset;

	return common_prefix(p->bytes + offset, data, n < left ? n : left);
}
