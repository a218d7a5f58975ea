/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * message_frame.c: the framing of messages, both ways. Nothing here knows what a message is for.
 */
#include "build.h"

#include "echod/message.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "echod/attr.h"
#include "message_json.h"

enum {
	LENGTH_BYTES = 2
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const char our_order[] = "little";
#else
static const char our_order[] = "big";
#endif

/* ---- Reading ---- */

static bool is_order(const char *text)
{
	return strcmp(text, "little") == 0 || strcmp(text, "big") == 0;
}

/* What is wrong with the header, or NULL. The message's words and its content's length are filled. */
static const char *check_header(const json_t *header, size_t max_content, struct message *message)
{
	const json_t *length = json_object_get(header, "content-length");
	const char *order = json_string_value(json_object_get(header, "byteorder"));

	message->type = json_string_value(json_object_get(header, "content-type"));
	message->encoding = json_string_value(json_object_get(header, "content-encoding"));
	if (!order || !is_order(order))
		return "the header has no byteorder that is 'little' or 'big'";
	if (!message->type)
		return "the header has no text content-type";
	if (!message->encoding)
		return "the header has no text content-encoding";
	if (!json_is_integer(length) || json_integer_value(length) < 0)
		return "the header has no content-length that is a number of bytes";
	if ((uint64_t)json_integer_value(length) > max_content)
		return "the content is longer than is allowed here";
	message->content_length = (size_t)json_integer_value(length);
	if (strcmp(message->type, "text/json") == 0 && strcasecmp(message->encoding, "utf-8") != 0)
		return "text/json needs the content-encoding utf-8";
	return NULL;
}

/* 0, with the header and its words in *message; otherwise as message_read(). */
static int read_header(const uint8_t *data, size_t n, size_t max_content, struct message *message,
		       const char **ret_fault)
{
	const char *fault = NULL;
	int r = message_json_object(MESSAGE_HEADER, data, n, &message->header, &fault);

	if (r == 0)
		fault = check_header(message->header, max_content, message);
	if (r == -ENOMEM || !fault)
		return r;
	message_fini(message);
	*ret_fault = fault;
	return -EPROTO;
}

int message_read(const uint8_t *data, size_t n, size_t max_content, struct message *ret_message,
		 size_t *ret_length, const char **ret_fault)
{
	struct message message = { 0 };
	size_t header = LENGTH_BYTES;
	int r;

	if (n >= LENGTH_BYTES)
		header += (size_t)data[0] << 8 | data[1];
	if (n < LENGTH_BYTES || n < header) {
		*ret_length = header;
		return 0;
	}
	r = read_header(data + LENGTH_BYTES, header - LENGTH_BYTES, max_content, &message,
			ret_fault);
	if (r < 0)
		return r;
	message.length = header + message.content_length;
	message.content = data + header;
	if (n < message.length) {
		*ret_length = message.length;
		message_fini(&message);
		return 0;
	}
	*ret_message = message;
	return 1;
}

void message_fini(struct message *message)
{
	json_decref(message->header);
	*message = (struct message){ 0 };
}

/* ---- Writing ---- */

static int append(struct buf *bytes, const struct buf *header, const void *content, size_t n)
{
	const size_t length = buf_length(header);
	uint8_t *space;
	int error;

	if (length > MESSAGE_HEADER_MAX)
		return -EINVAL;
	error = buf_reserve(bytes, LENGTH_BYTES + length + n, &space);
	if (error)
		return error;
	space[0] = (uint8_t)(length >> 8);
	space[1] = (uint8_t)length;
	memcpy(space + LENGTH_BYTES, buf_data(header), length);
	if (n > 0)
		memcpy(space + LENGTH_BYTES + length, content, n);
	buf_commit(bytes, LENGTH_BYTES + length + n);
	return 0;
}

int message_write(struct buf *bytes, const char *type, const char *encoding, const void *content,
		  size_t n)
{
	struct buf header = { 0 };
	json_error_t error;
	json_t *json =
	    json_pack_ex(&error, 0, "{s:s, s:s, s:s, s:I}", "byteorder", our_order, "content-type",
			 type, "content-encoding", encoding, "content-length", (json_int_t)n);
	int r;

	if (!json)
		return json_error_code(&error) == json_error_invalid_utf8 ? -EINVAL : -ENOMEM;
	r = message_json_text(json, 0, &header);
	json_decref(json);
	if (!r)
		r = append(bytes, &header, content, n);
	buf_fini(&header);
	return r;
}

static int write_binary_request(struct buf *bytes, const char *action, const char *value)
{
	struct buf content = { 0 };
	int r = buf_append(&content, action, strlen(action));

	if (!r)
		r = buf_append(&content, value, strlen(value));
	if (!r)
		r = message_write(bytes, "binary/custom-client-binary-type", "binary",
				  buf_data(&content), buf_length(&content));
	buf_fini(&content);
	return r;
}

int message_write_request(struct buf *bytes, const char *action, const char *value)
{
	json_error_t error;
	json_t *json;
	int r;

	if (strcmp(action, "search") != 0)
		return write_binary_request(bytes, action, value);
	json = json_pack_ex(&error, 0, "{s:s, s:s}", "action", action, "value", value);
	if (!json)
		return json_error_code(&error) == json_error_invalid_utf8 ? -EINVAL : -ENOMEM;
	r = message_write_json(bytes, json);
	json_decref(json);
	return r;
}
