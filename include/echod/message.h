/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * message: the framed messages of the tutorial's third step, for the service and for its clients.
 *
 *     2 bytes, big-endian         length of the header
 *     header, JSON in UTF-8       an object with byteorder, content-type, content-encoding and
 *                                 content-length, at least
 *     content                     content-length bytes
 *
 * A request of type text/json is an object with an action; "search" looks its value up in a
 * dictionary and is answered with { "result": TEXT }. Any other type is answered with the first ten
 * bytes of the content. A breach is answered with { "error": TEXT }, and then the connection ends.
 */
#ifndef ECHOD_MESSAGE_H
#define ECHOD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"

struct json_t; /* jansson's */

enum {
	MESSAGE_HEADER_MAX = 65535,
	MESSAGE_CONTENT_MAX = 256 * 1024 * 1024 /* the most that any max_content may be */
};

/* The service's settings of a listener. */
struct message_settings {
	bool keep_alive;		 /* answer many requests of a connection, not one */
	size_t max_content;		 /* bytes, <= MESSAGE_CONTENT_MAX */
	const struct json_t *dictionary; /* an object of texts, or NULL = the tutorial's */
};

/* A whole message. Pointers go into the bytes it was read from and into header. */
struct message {
	const char *type, *encoding;
	const uint8_t *content;
	size_t content_length;
	size_t length;	       /* of all of it */
	struct json_t *header; /* owned */
};

/* Reads a message at the beginning of the n bytes. 1 = it is there: release it with message_fini();
 * 0 = not yet: *ret_length bytes are needed to know more; -EPROTO with a text in *ret_fault that is
 * nobody's to free; -ENOMEM. */
int message_read(const uint8_t *data, size_t n, size_t max_content, struct message *ret_message,
		 size_t *ret_length, const char **ret_fault);
void message_fini(struct message *message);

/* Appends a message. -EINVAL when a word is no UTF-8, -ENOMEM; nothing was appended then. */
int message_write(struct buf *bytes, const char *type, const char *encoding, const void *content,
		  size_t n);
/* Appends a request as the tutorial's client makes it: search as text/json, any other action as its
 * binary type. The same errors. */
int message_write_request(struct buf *bytes, const char *action, const char *value);

#endif
