/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * html: texts and numbers as a page shows them. Errors of the stream stay in the stream.
 */
#ifndef ECHOD_HTML_H
#define ECHOD_HTML_H

#include <stdint.h>
#include <stdio.h>

/* UTF-8 as text or within double quotes: what HTML gives a meaning is escaped, and control characters
 * are shown as \x1b. A text cannot turn the direction of what is beside it when <bdi> is around it. */
void html_text(FILE *out, const char *text);
/* 1,234,567 */
void html_count(FILE *out, int64_t n);
/* 17 B, 1.2 MiB */
void html_bytes(FILE *out, double n);
/* 0, 0.05, 3.2, 1,234: of something in a second. */
void html_rate(FILE *out, double per_second);
/* 0.8 s, 12 s, 3 min 4 s, 5 h 6 min, 7 d 8 h */
void html_duration(FILE *out, int64_t ms);

#endif
