/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_keys.c owns the table of keys.
 */
#include "echoctl/top_keys.h"

#include "echod/attr.h"

enum {
	ESCAPE = 0x1b
};

const struct top_key top_keys[] = {
	{ 'r', TOP_WISH_ORDER, TOP_BY_RATE, "r", "rate", "those that move most bytes now" },
	{ 'b', TOP_WISH_ORDER, TOP_BY_BYTES, "b", "bytes", "those that have moved most bytes" },
	{ 'i', TOP_WISH_ORDER, TOP_BY_IDLE, "i", "idle", "those that have been quiet for longest" },
	{ 'a', TOP_WISH_ORDER, TOP_BY_AGE, "a", "age", "the oldest" },
	{ 'p', TOP_WISH_ORDER, TOP_BY_PENDING, "p", "pending", "those that are owed most bytes" },
	{ 'R', TOP_WISH_REVERSE, 0, "R", "reverse", "the other way round" },
	{ ' ', TOP_WISH_PAUSE, 0, "space", "pause", "stop the screen, and go on" },
	{ '?', TOP_WISH_HELP, 0, "?", "help", "this page; any key leaves it" },
	{ 'q', TOP_WISH_QUIT, 0, "q", "quit", "leave" },
	{ 'h', TOP_WISH_HELP, 0, NULL, NULL, NULL },
	{ 'Q', TOP_WISH_QUIT, 0, NULL, NULL, NULL },
	{ 0x0c, TOP_WISH_REDRAW, 0, NULL, NULL, NULL }, /* Ctrl-L */
};
const size_t n_top_keys = ARRAY_LENGTH(top_keys);

static const struct top_key other = { .wish = TOP_WISH_NONE };

static const struct top_key *find(uint8_t byte)
{
	for (size_t i = 0; i < n_top_keys; i++)
		if ((uint8_t)top_keys[i].byte == byte)
			return &top_keys[i];
	return &other;
}

/* ECMA-48: ESC [, parameters, and a byte from @ to ~. ESC O of the keypad is followed by one such. */
static enum top_keys_state next(enum top_keys_state state, uint8_t byte)
{
	if (byte == ESCAPE)
		return TOP_KEYS_ESCAPE;
	if (state == TOP_KEYS_ESCAPE && (byte == '[' || byte == 'O'))
		return TOP_KEYS_SEQUENCE;
	if (state == TOP_KEYS_SEQUENCE && (byte < '@' || byte > '~'))
		return TOP_KEYS_SEQUENCE;
	return TOP_KEYS_PLAIN;
}

const struct top_key *top_keys_take(enum top_keys_state *state, uint8_t byte)
{
	const enum top_keys_state before = *state;

	*state = next(before, byte);
	/* A byte behind a lone ESC is that key, with Alt or without. */
	return before != TOP_KEYS_SEQUENCE && *state == TOP_KEYS_PLAIN ? find(byte) : NULL;
}
