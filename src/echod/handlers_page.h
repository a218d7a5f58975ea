/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_page: the pieces of the status page, between its files.
 */
#ifndef ECHOD_HANDLERS_PAGE_H
#define ECHOD_HANDLERS_PAGE_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#define PAGE_NUMBER " class=\"number\""

/* A field of an answer of ours: 0 or "" where it is null. */
int64_t page_number(const json_t *object, const char *field);
const char *page_text(const json_t *object, const char *field);

/* A name that somebody chose: it may turn its own direction, and nothing beside it. */
void page_name(FILE *out, const char *text);
/* A word of ours as a coloured tag. */
void page_tag(FILE *out, const char *word);
/* A table's head; the columns from first_number on are numbers. */
void page_head_row(FILE *out, const char *const *labels, size_t n, size_t first_number);

void page_listeners(const json_t *status, FILE *out);
void page_workers(const json_t *status, FILE *out);

#endif
