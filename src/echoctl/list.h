/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * list: rows of an answer, or of the many answers of a stream, as a table, CSV or JSON. One table of
 * columns tells all three; a page of rows is printed when it comes and then forgotten.
 *
 *   table  columns as wide as the rows so far need; on a terminal those that do not fit are left out,
 *          the most dispensable first
 *   CSV    every column, named like its field (with the object's name and '_' before it), in base
 *          units; nothing where there is no value; RFC 4180 quotes
 *   JSON   one object with the rows as a list, a row on each line
 */
#ifndef ECHOD_ECHOCTL_LIST_H
#define ECHOD_ECHOCTL_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "echoctl/render.h"
#include "echoctl/render_table.h"

struct options;
struct session;

enum list_kind {
	LIST_TEXT,
	LIST_INTEGER,
	LIST_BYTES,
	LIST_MS, /* a duration */
	LIST_US,
	LIST_PEER,   /* a text, and the field proxied_peer of the same row */
	LIST_REASONS /* a map of counts, as a text; not for CSV */
};

struct list_column {
	const char *field;
	const char *inside;  /* the object of the row that the field is in; NULL = the row */
	const char *heading; /* NULL = CSV only */
	enum list_kind kind;
	bool optional;	    /* may be null */
	bool if_present;    /* left out of a table in which nobody has it */
	unsigned drop;	    /* 0 = stays; else how dispensable on a narrow terminal */
	unsigned drop_late; /* the same on a very narrow one */
};

struct list {
	const char *name; /* of the rows' field in an answer */
	const struct list_column *columns;
	size_t n_columns;
	const struct options *options;
	FILE *out;
	size_t n_rows;
	struct table table;
	struct table_column table_columns[TABLE_COLUMNS_MAX];
	const struct list_column *shown[TABLE_COLUMNS_MAX];
	bool colors;
	char *wrong; /* RENDER_WRONG_SIZE bytes */
};

/* options say which form. without (may be NULL): columns inside that object are for CSV only. All
 * pointers are borrowed until list_end(). */
void list_begin(struct list *list, const char *name, const struct list_column *columns,
		size_t n_columns, const char *without, const struct options *options, FILE *out,
		char ret_wrong[static RENDER_WRONG_SIZE]);
/* The rows of an answer's parameters. 0, -EPROTO with what is wrong, -ENOMEM. */
int list_page(struct list *list, const json_t *parameters);
/* The end; whole = no answer is missing. cursor (NULL = the answer has none) is for JSON. */
void list_end(struct list *list, bool whole, const json_t *cursor);
/* All of that for one answer, whose reference is taken; NULL = no memory. An exit code. */
int list_show(const struct session *session, const char *name, const struct list_column *columns,
	      size_t n_columns, json_t *answer);

#endif
