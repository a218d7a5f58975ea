/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * pattern.c: the expected stream and the one comparison that every received byte goes through.
 */
#include "multiconn/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t total_length(const char *const *texts, size_t n_texts)
{
	size_t total = 0;

	for (size_t i = 0; i < n_texts; i++)
		total += strlen(texts[i]);
	return total;
}

int pattern_init(struct pattern *p, const char *const *texts, size_t n_texts)
{
	/* One more than needed: an empty pattern has memory as well. */
	uint8_t *bytes = malloc(total_length(texts, n_texts) + 1);
	size_t *ends = calloc(n_texts + 1, sizeof(*ends));
	size_t at = 0;

	if (!bytes || !ends) {
		free(bytes);
		free(ends);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n_texts; i++) {
		size_t n = strlen(texts[i]);

		memcpy(bytes + at, texts[i], n);
		at += n;
		ends[i] = at;
	}
	*p = (struct pattern){ .bytes = bytes, .length = at, .ends = ends, .n_messages = n_texts };
	return 0;
}

void pattern_fini(struct pattern *p)
{
	free(p->bytes);
	free(p->ends);
	*p = (struct pattern){ 0 };
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
