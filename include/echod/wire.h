/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * wire: the framing of the control protocol, on bytes alone. One message is one JSON object and one
 * byte 0x00 (Varlink), or a complete object and a line feed (for nc and jq). The first terminator of
 * a connection fixes its mode; a reader that sends nothing yet answers in NUL mode.
 *
 * A scanner with depth and string state looks at each byte once; jansson then parses a whole message
 * once. Empty messages are skipped.
 */
#ifndef ECHOD_WIRE_H
#define ECHOD_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/buf.h"

enum wire_mode {
	WIRE_UNDECIDED,
	WIRE_NUL,
	WIRE_LINE
};

struct wire_reader {
	struct buf bytes; /* not yet handed out */
	size_t max_bytes; /* of one message, without its terminator */
	size_t scanned;	  /* how many of bytes the scanner has seen */
	unsigned depth;	  /* of open brackets at scanned */
	bool in_string, escaped, complete;
	enum wire_mode mode;
};

void wire_reader_init(struct wire_reader *r, size_t max_bytes);
void wire_reader_fini(struct wire_reader *r);

/* Adds n bytes as they came. -ENOMEM. */
int wire_reader_push(struct wire_reader *r, const void *data, size_t n);
/* The next message, a JSON object, the caller's reference. 1 = one, 0 = more bytes are needed,
 * -EBADMSG not JSON or not an object, -EMSGSIZE too long, -ENOMEM. After an error the reader is of no
 * more use. */
int wire_reader_next(struct wire_reader *r, json_t **ret_message);

/* Appends the message and its terminator. -ENOMEM, -EINVAL when it cannot be encoded. */
int wire_write(struct buf *out, const json_t *message, enum wire_mode mode);

#endif
