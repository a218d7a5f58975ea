/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_text: text that may come from a peer, made safe for a terminal and a line of a log.
 */
#ifndef BASE_LOG_TEXT_H
#define BASE_LOG_TEXT_H

#include <stddef.h>

/* Copies text into size (> 4) bytes with a NUL. Printable UTF-8 stays; control characters (C0, DEL,
 * C1), line and paragraph separators, characters that change the direction of writing, and bytes
 * that are no UTF-8 become \xNN each. What does not fit ends in "...". */
void log_text_escape(char *ret_text, size_t size, const char *text);

#endif
