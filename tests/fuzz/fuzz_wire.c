/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Feeds the framing with the input at once and in pieces, whose length the first byte says. Both
 * must give the same messages and the same end, and each message must survive being written and
 * read again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echod/wire.h"
#include "tests/fuzz/fuzz.h"

enum {
	MAX = 512
};

static void must(bool good)
{
	if (!good)
		abort();
}

static json_t *reread(const json_t *message, enum wire_mode mode)
{
	struct buf out = { 0 };
	struct wire_reader r;
	json_t *again = NULL, *more = NULL;

	must(wire_write(&out, message, mode) == 0);
	wire_reader_init(&r, buf_length(&out));
	must(wire_reader_push(&r, buf_data(&out), buf_length(&out)) == 0);
	must(wire_reader_next(&r, &again) == 1);
	must(wire_reader_next(&r, &more) == 0);
	must(r.mode == (mode == WIRE_LINE ? WIRE_LINE : WIRE_NUL));
	wire_reader_fini(&r);
	buf_fini(&out);
	return again;
}

/* Appends the messages to the list; how the stream stands after them. */
static int take_all(struct wire_reader *r, json_t *messages)
{
	json_t *message;
	int result;

	while ((result = wire_reader_next(r, &message)) == 1) {
		json_t *again = reread(message, r->mode);

		must(json_is_object(message));
		must(r->mode != WIRE_UNDECIDED);
		must(json_equal(message, again));
		json_decref(again);
		json_array_append_new(messages, message);
	}
	return result;
}

static json_t *feed(const uint8_t *data, size_t size, size_t piece, int *ret_end)
{
	json_t *messages = json_array();
	struct wire_reader r;
	int end = 0;

	wire_reader_init(&r, MAX);
	for (size_t at = 0; at < size && end == 0; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		must(wire_reader_push(&r, data + at, n) == 0);
		end = take_all(&r, messages);
	}
	must(end == 0 || end == -EBADMSG || end == -EMSGSIZE);
	must(end != 0 || buf_length(&r.bytes) <= MAX);
	wire_reader_fini(&r);
	*ret_end = end;
	return messages;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *whole, *pieces;
	int end_whole, end_pieces;

	if (size < 2)
		return 0;
	whole = feed(data + 1, size - 1, size, &end_whole);
	pieces = feed(data + 1, size - 1, (size_t)data[0] + 1, &end_pieces);
	must(end_whole == end_pieces);
	must(json_equal(whole, pieces));
	json_decref(whole);
	json_decref(pieces);
	return 0;
}
