/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_keys: what the keys of `echoctl top` mean. Bytes in, wishes out; what a terminal sends for keys
 * with names, several bytes that begin with ESC, is passed over as one.
 */
#ifndef ECHOD_ECHOCTL_TOP_KEYS_H
#define ECHOD_ECHOCTL_TOP_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "echoctl/top_model.h"

enum top_wish {
	TOP_WISH_NONE,
	TOP_WISH_ORDER,
	TOP_WISH_REVERSE,
	TOP_WISH_PAUSE,
	TOP_WISH_HELP,
	TOP_WISH_REDRAW,
	TOP_WISH_QUIT
};

struct top_key {
	char byte;
	enum top_wish wish;
	enum top_order order; /* for TOP_WISH_ORDER */
	const char *name; /* as the screen shows it; NULL = another key for what is shown already */
	const char *word; /* what it does, in one word */
	const char *help; /* the same in a line */
};

extern const struct top_key top_keys[];
extern const size_t n_top_keys;

enum top_keys_state {
	TOP_KEYS_PLAIN,
	TOP_KEYS_ESCAPE,  /* ESC was the last byte */
	TOP_KEYS_SEQUENCE /* inside ESC [ or ESC O, up to the byte that ends it */
};

/* The row of the key that this byte is, one with TOP_WISH_NONE for other keys, or NULL: part of a
 * sequence. *state begins as TOP_KEYS_PLAIN. */
const struct top_key *top_keys_take(enum top_keys_state *state, uint8_t byte);

#endif
