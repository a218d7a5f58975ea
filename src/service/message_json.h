/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * message_json: JSON in messages: as a content, as a header, and as a dictionary.
 */
#ifndef SERVICE_MESSAGE_JSON_H
#define SERVICE_MESSAGE_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"

/* Which part of a message: the subject of what is wrong with it. */
enum message_part {
	MESSAGE_HEADER,
	MESSAGE_CONTENT,
	MESSAGE_PARTS
};

/* *ret_object is the caller's. -EPROTO when the bytes are not one object, with what is wrong with it
 * in *ret_fault, which lives for ever; -ENOMEM. */
int message_json_object(enum message_part part, const uint8_t *data, size_t n, json_t **ret_object,
			const char **ret_fault);
/* Its text, in the form of jansson's flags, in an empty buf: all of it, or nothing and -ENOMEM. */
int message_json_text(const json_t *json, size_t flags, struct buf *text);
/* Appends a message of type text/json with this content. -ENOMEM. */
int message_write_json(struct buf *bytes, const json_t *content);
/* The tutorial's dictionary, made anew: the caller's; NULL without memory. */
json_t *message_default_dictionary(void);

#endif
