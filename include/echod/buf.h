/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * buf: bytes in order, with one owner. Bytes are appended at the end and consumed at the front.
 *
 * A zeroed struct buf is a valid empty one. An empty buf that was consumed to its end owns no
 * memory: one pointer is all that an idle connection pays for it. Pointers into a buf are good
 * until the next call that takes it without const.
 */
#ifndef ECHOD_BUF_H
#define ECHOD_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	struct buf_block *block; /* NULL while empty; owned */
};

/* Gives the memory back; the buf is empty and usable afterwards. */
void buf_fini(struct buf *b);

/* How many bytes wait, and where they are (NULL when there are none). */
size_t buf_length(const struct buf *b);
const uint8_t *buf_data(const struct buf *b);

/* Room for at least n (> 0) more bytes behind the last one, in *ret_space: write there, then commit
 * what was written. -ENOMEM leaves the buf as it was. */
int buf_reserve(struct buf *b, size_t n, uint8_t **ret_space);
/* The first n bytes of the room last reserved now belong to the buf; 0 gives unused room back
 * when the buf is empty. */
void buf_commit(struct buf *b, size_t n);

/* Copies n bytes to the end. 0, or -ENOMEM with the buf as it was. */
int buf_append(struct buf *b, const void *data, size_t n);

/* Drops the first n bytes, n <= buf_length(); the last one out frees the memory. */
void buf_consume(struct buf *b, size_t n);

#endif
