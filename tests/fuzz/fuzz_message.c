/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Feeds the message service with the input at once with all the room there is, and in pieces with
 * little room, both of which the first three bytes say. Both must answer the same and end alike, and
 * everything answered must be messages.
 */
#include <stdlib.h>
#include <string.h>

#include "echod/message.h"
#include "echod/service.h"
#include "tests/fuzz/fuzz.h"

enum {
	MAX_CONTENT = 300,
	ROOM_MIN = 512 /* an answer out of the dictionary has to fit */
};

static void must(bool good)
{
	if (!good)
		abort();
}

struct run {
	struct message_settings settings;
	uint8_t state[SERVICE_STATE_MAX];
	struct buf input, pending, taken;
	size_t room;
	int verdict;
};

/* One call with all the input that waits. */
static void call(struct run *run, bool end)
{
	const struct service_context ctx = { .settings = &run->settings };
	const size_t length = buf_length(&run->input), before = buf_length(&run->pending);
	struct service_input in = { buf_data(&run->input), length, end };
	struct service_output out = { &run->pending, run->room - before };

	run->verdict = service_message.input(run->state, &ctx, &in, &out);
	must(in.length <= length && buf_length(&run->pending) <= run->room);
	must(out.room == run->room - buf_length(&run->pending));
	if (length > in.length)
		buf_consume(&run->input, length - in.length);
	must(buf_length(&run->pending) > 0 || run->verdict != SERVICE_MORE ||
	     buf_length(&run->input) <= service_message.input_limit(&run->settings));
}

/* The peer takes n bytes. */
static void take(struct run *run, size_t n)
{
	const size_t length = buf_length(&run->pending);

	n = n < length ? n : length;
	if (n == 0)
		return;
	must(buf_append(&run->taken, buf_data(&run->pending), n) == 0);
	buf_consume(&run->pending, n);
}

static void play(struct run *run, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size && run->verdict == SERVICE_MORE; at += piece) {
		const size_t n = size - at < piece ? size - at : piece;

		must(buf_append(&run->input, data + at, n) == 0);
		call(run, false);
		take(run, piece);
	}
	while (run->verdict == SERVICE_MORE && buf_length(&run->input) > 0) {
		const size_t before = buf_length(&run->input) + buf_length(&run->pending);

		call(run, true);
		take(run, piece);
		must(run->verdict != SERVICE_MORE || before > 0);
	}
	take(run, SIZE_MAX);
}

static void check_answers(const struct buf *answers)
{
	const uint8_t *data = buf_data(answers);
	size_t left = buf_length(answers), needed;
	struct message message;
	const char *fault;

	for (; left > 0; data += message.length, left -= message.length) {
		size_t length;

		must(message_read(data, left, SIZE_MAX, &message, &needed, &fault) == 1);
		length = message.length;
		message_fini(&message);
		message.length = length;
	}
}

static void fini(struct run *run)
{
	buf_fini(&run->input);
	buf_fini(&run->pending);
	buf_fini(&run->taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run whole = { .settings = { .max_content = MAX_CONTENT }, .room = 1 << 20 }, parts;

	if (size < 3)
		return 0;
	whole.settings.keep_alive = data[0] & 1;
	parts = whole;
	parts.room = ROOM_MIN + data[1];
	play(&whole, data + 3, size - 3, size);
	play(&parts, data + 3, size - 3, (size_t)data[2] + 1);
	must(whole.verdict == parts.verdict);
	must(buf_length(&whole.taken) == buf_length(&parts.taken));
	must(buf_length(&whole.taken) == 0 ||
	     memcmp(buf_data(&whole.taken), buf_data(&parts.taken), buf_length(&whole.taken)) == 0);
	check_answers(&whole.taken);
	fini(&whole);
	fini(&parts);
	return 0;
}
