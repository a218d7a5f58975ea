/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * pattern: what every connection sends and must get back: the messages, one behind the other. It is
 * made once and never changed, so all connections share it and each keeps only its two offsets.
 */
#ifndef MULTICONN_PATTERN_H
#define MULTICONN_PATTERN_H

#include <stddef.h>
#include <stdint.h>

struct expect;

struct pattern {
	uint8_t *bytes; /* all messages; owned */
	size_t length;
	size_t *ends; /* of each message, rising; owned */
	size_t n_messages;
	struct expect *expect; /* how answers are judged; NULL = they are what was sent. Borrowed */
};

/* The texts are copied; one shorter than min_length is filled up to it with printable characters. 0
 * or -ENOMEM. */
int pattern_init(struct pattern *p, const char *const *texts, size_t n_texts, size_t min_length);
/* One message, of n bytes that may be any. The same. */
int pattern_init_bytes(struct pattern *p, const uint8_t *data, size_t n);
void pattern_fini(struct pattern *p);

/* The bytes of message i (< n_messages), and how many. */
size_t pattern_message(const struct pattern *p, size_t i, const uint8_t **ret_bytes);
/* Where the message ends that the byte at this offset (< length) belongs to. */
size_t pattern_message_end(const struct pattern *p, size_t offset);

/* How many of the n bytes that came in at this offset (<= length) are the expected ones, from the
 * first on: n when all are. Bytes behind the end are never expected. */
size_t pattern_verify(const struct pattern *p, size_t offset, const uint8_t *data, size_t n);

#endif
