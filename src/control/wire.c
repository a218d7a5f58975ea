/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * wire.c owns the framing of the control protocol: where a message ends.
 *
 * What always holds between two calls: bytes begins with the message being scanned, and the first
 * scanned bytes of it hold no terminator. A byte that can never belong to an object ends the
 * conversation at once, without waiting for a terminator that may never come.
 */
#include "echod/wire.h"

#include <errno.h>
#include <string.h>

/* What one byte means to the scanner. */
enum verdict {
	GO_ON,
	END_OF_MESSAGE,
	EMPTY_MESSAGE, /* nothing but blanks before this terminator */
	NONSENSE
};

void wire_reader_init(struct wire_reader *r, size_t max_bytes)
{
	*r = (struct wire_reader){ .max_bytes = max_bytes };
}

void wire_reader_fini(struct wire_reader *r)
{
	buf_fini(&r->bytes);
}

int wire_reader_push(struct wire_reader *r, const void *data, size_t n)
{
	return buf_append(&r->bytes, data, n);
}

static void scan_string(struct wire_reader *r, uint8_t byte)
{
	if (r->escaped)
		r->escaped = false;
	else if (byte == '\\')
		r->escaped = true;
	else if (byte == '"')
		r->in_string = false;
}

static enum verdict scan_nul(struct wire_reader *r)
{
	if (r->depth > 0 || (r->complete && r->mode == WIRE_LINE))
		return NONSENSE;
	if (r->mode == WIRE_UNDECIDED)
		r->mode = WIRE_NUL;
	return r->complete ? END_OF_MESSAGE : EMPTY_MESSAGE;
}

/* A line feed ends a complete object unless NUL is the rule; elsewhere it is a blank. */
static enum verdict scan_line_feed(struct wire_reader *r)
{
	if (r->depth > 0 || r->mode == WIRE_NUL)
		return GO_ON;
	if (!r->complete)
		return EMPTY_MESSAGE;
	r->mode = WIRE_LINE;
	return END_OF_MESSAGE;
}

static enum verdict scan_bracket(struct wire_reader *r, uint8_t byte)
{
	if (byte == '{' || byte == '[') {
		r->depth++;
		return GO_ON;
	}
	if (r->depth == 0)
		return NONSENSE;
	r->depth--;
	r->complete = r->depth == 0;
	return GO_ON;
}

static enum verdict scan(struct wire_reader *r, uint8_t byte)
{
	if (r->in_string) {
		scan_string(r, byte);
		return byte < 0x20 ? NONSENSE : GO_ON;
	}
	switch (byte) {
	case '\0':
		return scan_nul(r);
	case '\n':
		return scan_line_feed(r);
	case ' ':
	case '\t':
	case '\r':
		return GO_ON;
	default:
		break;
	}
	if (r->complete || (r->depth == 0 && byte != '{'))
		return NONSENSE;
	if (byte == '"')
		r->in_string = true;
	if (strchr("{}[]", byte))
		return scan_bracket(r, byte);
	return GO_ON;
}

static void start_over(struct wire_reader *r, size_t used)
{
	buf_consume(&r->bytes, used);
	r->scanned = 0;
	r->depth = 0;
	r->complete = false;
}

/* When jansson's lexer cannot grow the text of a string it drops a byte and goes on, so a request
 * could be taken for another. Allocations are watched during a parse: if one fails, so does it. */
static json_malloc_t own_malloc;
static bool malloc_failed;

static void *watched_malloc(size_t n)
{
	void *memory = own_malloc(n);

	malloc_failed |= !memory;
	return memory;
}

static json_t *load(const uint8_t *text, size_t n, json_error_t *ret_error)
{
	json_free_t own_free;
	json_t *message;

	json_get_alloc_funcs(&own_malloc, &own_free);
	malloc_failed = false;
	json_set_alloc_funcs(watched_malloc, own_free);
	message = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, ret_error);
	json_set_alloc_funcs(own_malloc, own_free);
	return message;
}

static int parse(struct wire_reader *r, json_t **ret_message)
{
	json_error_t error;
	json_t *message = load(buf_data(&r->bytes), r->scanned, &error);

	if (malloc_failed) {
		json_decref(message);
		return -ENOMEM;
	}
	if (!message)
		return -EBADMSG;
	start_over(r, r->scanned + 1);
	*ret_message = message;
	return 1;
}

int wire_reader_next(struct wire_reader *r, json_t **ret_message)
{
	while (r->scanned < buf_length(&r->bytes)) {
		switch (scan(r, buf_data(&r->bytes)[r->scanned])) {
		case NONSENSE:
			return -EBADMSG;
		case END_OF_MESSAGE:
			return parse(r, ret_message);
		case EMPTY_MESSAGE:
			start_over(r, r->scanned + 1);
			break;
		case GO_ON:
			if (r->scanned == r->max_bytes)
				return -EMSGSIZE;
			r->scanned++;
			break;
		}
	}
	return 0;
}

struct encoded {
	struct buf bytes;
	int error; /* 0, or why a piece was not taken: jansson does not ask where that is a name */
};

static int append(const char *text, size_t n, void *user)
{
	struct encoded *e = user;

	if (e->error == 0)
		e->error = buf_append(&e->bytes, text, n);
	return e->error;
}

/* Nothing is appended unless all of it is: a half-written message would spoil the next one. */
int wire_write(struct buf *out, const json_t *message, enum wire_mode mode)
{
	struct encoded e = { .error = 0 };
	int r;

	if (!json_is_object(message))
		return -EINVAL;
	if (json_dump_callback(message, append, &e, JSON_COMPACT) < 0)
		r = e.error < 0 ? e.error : -EINVAL;
	else
		r = append(mode == WIRE_LINE ? "\n" : "", 1, &e);
	if (r == 0)
		r = buf_append(out, buf_data(&e.bytes), buf_length(&e.bytes));
	buf_fini(&e.bytes);
	return r;
}
