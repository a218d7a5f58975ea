/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * message.c: the service that answers framed messages (message.h).
 *
 * A message is served when all of it has come, and stays in the input until its answer is out. The
 * state is a number: how many bytes are needed before it is worth looking at the input again, or,
 * while an answer waits for room, ANSWERING and how much of it is out. The answer itself is not
 * kept: as it follows from the message, it is made again for the next part. So that this happens a
 * few times and not for every byte that the peer takes, a part waits for half of all the room.
 *
 * A reload may change the settings between two parts. What comes from the dictionary goes out whole
 * (its values are checked against max-pending when they are loaded), so once a part is out the
 * dictionary no longer matters, nor does what the content's length may be.
 */
#include "build.h"

#include "echod/message.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/service.h"
#include "message_json.h"

#define ANSWERING UINT32_C(0x80000000)

enum {
	ECHOED_BYTES = 10 /* of a request that is not text/json */
};

static_assert(2 + MESSAGE_HEADER_MAX + MESSAGE_CONTENT_MAX < INT32_MAX, "lengths fit the state");

/* An answer in the making. */
struct answer {
	const struct message_settings *settings;
	struct buf bytes;
	size_t out;	/* how much of it is out already */
	size_t request; /* how much input it answers */
	bool whole;	/* it is not to go out in parts */
	bool breach;	/* it is an error, and the end */
};

/* ---- Contents ---- */

static int write_error(struct answer *answer, const char *text)
{
	json_t *json = json_pack("{s:s}", "error", text);
	const int r = json ? message_write_json(&answer->bytes, json) : -ENOMEM;

	answer->breach = true;
	json_decref(json);
	return r;
}

static int write_result(struct answer *answer, json_t *result)
{
	json_t *json = json_pack("{s:o}", "result", result);
	const int r = json ? message_write_json(&answer->bytes, json) : -ENOMEM;

	json_decref(json);
	return r;
}

/* The text for this value, if there is one. NULL without memory. */
static json_t *look_up(struct answer *answer, const char *value)
{
	const json_t *configured = answer->settings->dictionary;
	json_t *own = configured ? NULL : message_default_dictionary();
	const json_t *found = json_object_get(configured ? configured : own, value);
	json_t *result = NULL;

	answer->whole = found;
	if (found)
		result = json_string(json_string_value(found));
	else if (configured || own)
		result = json_sprintf("No match for '%s'.", value);
	json_decref(own);
	return result;
}

static int write_search(struct answer *answer, const char *value)
{
	return write_result(answer, answer->out > 0 ? json_sprintf("No match for '%s'.", value)
						    : look_up(answer, value));
}

static int write_action(struct answer *answer, const json_t *content)
{
	const char *action = json_string_value(json_object_get(content, "action"));
	const char *value = json_string_value(json_object_get(content, "value"));

	if (!action)
		return write_error(answer, "the content has no text action");
	if (strcmp(action, "search") != 0)
		return write_result(answer, json_sprintf("Error: invalid action '%s'.", action));
	if (!value)
		return write_error(answer, "the content has no text value to search for");
	return write_search(answer, value);
}

static int write_json_answer(struct answer *answer, const struct message *message)
{
	const char *fault;
	json_t *content;
	int r = message_json_object(MESSAGE_CONTENT, message->content, message->content_length,
				    &content, &fault);

	if (r == -EPROTO)
		return write_error(answer, fault);
	if (r < 0)
		return r;
	r = write_action(answer, content);
	json_decref(content);
	return r;
}

static int write_binary_answer(struct answer *answer, const struct message *message)
{
	char text[64] = "First 10 bytes of request: ";
	const size_t before = strlen(text);
	const size_t n =
	    message->content_length < ECHOED_BYTES ? message->content_length : ECHOED_BYTES;

	memcpy(text + before, message->content, n);
	return message_write(&answer->bytes, "binary/custom-server-binary-type", "binary", text,
			     before + n);
}

/* ---- A request ---- */

static int write_answer(struct answer *answer, const struct message *message)
{
	answer->request = message->length;
	if (strcmp(message->type, "text/json") == 0)
		return write_json_answer(answer, message);
	return write_binary_answer(answer, message);
}

/* 1 = here is the answer, 0 = more input is needed: *ret_needed bytes. -ENOMEM. */
static int make_answer(struct answer *answer, const struct service_input *in, size_t *ret_needed)
{
	const size_t max = answer->out > 0 ? MESSAGE_CONTENT_MAX : answer->settings->max_content;
	const char *fault = "the message ended in the middle";
	struct message message;
	int r = message_read(in->data, in->length, max, &message, ret_needed, &fault);

	if (r == 0 && !in->end)
		return 0;
	answer->request = in->length;
	if (r == 0 || r == -EPROTO) {
		r = write_error(answer, fault);
	} else if (r == 1) {
		r = write_answer(answer, &message);
		message_fini(&message);
	}
	return r < 0 ? r : 1;
}

/* Half of all the room, and at least a byte. */
static bool has_much_room(const struct service_output *out)
{
	return out->room > 0 && out->room >= buf_length(out->bytes);
}

/* May a part of the answer go out where the rest of it has no room? */
static bool is_for_parts(const struct answer *answer, const struct service_context *ctx,
			 const struct service_output *out)
{
	return !ctx->datagram && !answer->whole && has_much_room(out);
}

/* Appends what there is room for. 1 = all of the answer is out. */
static int give(struct answer *answer, const struct service_context *ctx,
		struct service_output *out)
{
	const size_t length = buf_length(&answer->bytes);
	size_t n = length - answer->out;
	int r;

	assert(answer->out < length);
	if (n > out->room) {
		if (!is_for_parts(answer, ctx, out))
			return 0;
		n = out->room;
	}
	r = buf_append(out->bytes, buf_data(&answer->bytes) + answer->out, n);
	if (r < 0)
		return r;
	out->room -= n;
	answer->out += n;
	return answer->out == length;
}

/* What follows an answer that is all out. */
static int go_on(const struct answer *answer, struct service_input *in, uint32_t *progress)
{
	in->data += answer->request;
	in->length -= answer->request;
	*progress = 0;
	if (answer->breach)
		return -EPROTO;
	return answer->settings->keep_alive ? SERVICE_MORE : SERVICE_CLOSE;
}

/* Serves the first request of the input. *ret_stop: nothing more can be done now. */
static int serve(const struct service_context *ctx, struct service_input *in,
		 struct service_output *out, uint32_t *progress, bool *ret_stop)
{
	struct answer answer = {
		.settings = ctx->settings,
		.out = *progress & ANSWERING ? *progress & ~ANSWERING : 0,
	};
	size_t needed = 0;
	int r = make_answer(&answer, in, &needed);

	*progress = (uint32_t)needed;
	if (r == 1) {
		r = give(&answer, ctx, out);
		*progress = ANSWERING | (uint32_t)answer.out;
	}
	*ret_stop = r != 1;
	if (r == 1)
		r = go_on(&answer, in, progress);
	buf_fini(&answer.bytes);
	return r;
}

/* Is there something to do? Nothing half done waits for input, but for room. */
static bool can_serve(uint32_t progress, const struct service_input *in,
		      const struct service_output *out)
{
	if (in->length == 0)
		return false;
	if (progress & ANSWERING)
		return has_much_room(out);
	return in->end || in->length >= progress;
}

static int message_input(void *state, const struct service_context *ctx, struct service_input *in,
			 struct service_output *out)
{
	int verdict = SERVICE_MORE;
	bool stop = false;
	uint32_t progress;

	memcpy(&progress, state, sizeof(progress));
	while (verdict == SERVICE_MORE && !stop && can_serve(progress, in, out))
		verdict = serve(ctx, in, out, &progress, &stop);
	memcpy(state, &progress, sizeof(progress));
	return verdict;
}

static size_t message_input_limit(const void *settings)
{
	const struct message_settings *s = settings;

	return 2 + MESSAGE_HEADER_MAX + s->max_content;
}

const struct service service_message = {
	.name = "message",
	.transports = SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX,
	.state_size = sizeof(uint32_t),
	.input = message_input,
	.input_limit = message_input_limit,
};
