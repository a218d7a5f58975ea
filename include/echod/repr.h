/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * repr: bytes, texts and addresses as Python's repr() prints them, which is how the transcripts of
 * echod and multiconn show them. A stream is the only way out: open_memstream(3) makes one that
 * grows a text. Errors of the stream stay in the stream, for ferror(3).
 */
#ifndef ECHOD_REPR_H
#define ECHOD_REPR_H

#include <stddef.h>
#include <stdio.h>

#include "echod/net.h"

/* b'Message 1 from client.' with \t \n \r \\ \xNN, in double quotes only when that saves escaping
 * single ones (CPython bytesobject.c, PyBytes_Repr). */
void repr_bytes(FILE *out, const void *data, size_t n);

/* 'text': UTF-8 as it is, control characters escaped, and bytes that are no UTF-8 as \udcNN, as a
 * file name looks in Python. */
void repr_text(FILE *out, const char *text);

/* As getpeername() returns it: ('127.0.0.1', 65432), ('::1', 65432, 0, 0) with flow and scope, a
 * Unix path as text, '' when unnamed, bytes when abstract. */
void repr_address(FILE *out, const struct net_address *address);

#endif
