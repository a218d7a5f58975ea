/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_text: the small texts on the screen of `echoctl top`.
 */
#ifndef ECHOD_ECHOCTL_TOP_TEXT_H
#define ECHOD_ECHOCTL_TOP_TEXT_H

#include "echoctl/render_table.h"
#include "echoctl/top_model.h"

enum {
	TOP_TEXT_SIZE = 128 /* longer than any path of a socket */
};

/* Copies text from outside: what is no printable ASCII becomes one '?' for each character. Too long, it
 * ends in '~'. Each of these returns its output. */
const char *top_text_plain(const char *text, char out[static TOP_TEXT_SIZE]);
/* "tcp 127.0.0.1:7", "udp [::1]:7", "unix /run/x.sock". */
const char *top_text_endpoint(const struct top_listener *listener, char out[static TOP_TEXT_SIZE]);
/* "0.0", "12.5", "1250", "12.5M"; "-" when it is not known. */
const char *top_text_rate(bool known, double per_second, char out[static RENDER_TEXT_SIZE]);
/* The same of bytes: "1.2 KiB". */
const char *top_text_byte_rate(bool known, double per_second, char out[static RENDER_TEXT_SIZE]);
/* "250 us", "2.5 ms", "10 s", ">10 s" beyond the last of n - 1 limits, "-" when it is not known. */
const char *top_text_limit(bool known, int64_t us, const int64_t *limits_us, size_t n,
			   char out[static RENDER_TEXT_SIZE]);
/* "37%", or "-". */
const char *top_text_share(bool known, double share, char out[static RENDER_TEXT_SIZE]);

#endif
