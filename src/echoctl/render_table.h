/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_table: columns of text under headings, as wide as they need to be; and the texts for sizes,
 * durations and colours.
 */
#ifndef ECHOD_ECHOCTL_RENDER_TABLE_H
#define ECHOD_ECHOCTL_RENDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "echod/attr.h"

enum {
	TABLE_COLUMNS_MAX = 20,
	RENDER_TEXT_SIZE = 32 /* enough for any size or duration */
};

enum render_color {
	COLOR_NONE,
	COLOR_HEADING,
	COLOR_GOOD,
	COLOR_WAITING,
	COLOR_BAD
};

struct table_column {
	const char *heading;
	bool right;	    /* numbers */
	bool if_present;    /* left out when every cell is "0" or "-" */
	unsigned drop;	    /* 0 = stays; else left out, the highest first, where room is short */
	unsigned drop_late; /* the same, but where cutting texts is not enough either */
};

struct table_cell {
	char *text; /* owned */
	enum render_color color;
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t n_columns;
	struct table_cell *cells; /* row by row; owned */
	size_t n_cells;
	bool failed; /* no memory: it is not whole */
	bool bare;   /* without headings */
	int room;    /* columns of the terminal; 0 = no limit */
	bool printed;
	int widths[TABLE_COLUMNS_MAX]; /* as printed last; 0 = left out */
};

void table_init(struct table *t, const struct table_column *columns, size_t n_columns);
void table_fini(struct table *t);
/* The next cell, from left to right and then down. Control bytes in it are shown as '?'. */
void table_add(struct table *t, enum render_color color, const char *format, ...) PRINTF_LIKE(3, 4);
/* Printed again, after table_clear(), it goes on below: without headings, in columns that are at
 * least as wide. */
void table_print(struct table *t, bool colors, FILE *out);
/* Forgets the cells. */
void table_clear(struct table *t);

/* How many columns a terminal has; 0 where this is none. */
int render_room(FILE *out);
/* What begins and ends a colour; "" without colours. */
const char *render_color_on(enum render_color color, bool colors);
const char *render_color_off(enum render_color color, bool colors);
/* The colour of a state's name. */
enum render_color render_state_color(const char *state);
/* "0 B", "1023 B", "1.0 KiB", "12.3 MiB"; returns text. */
const char *render_bytes(int64_t bytes, char text[static RENDER_TEXT_SIZE]);
/* "0s", "59s", "3m 7s", "2h 5m", "12d 4h"; returns text. */
const char *render_duration(int64_t seconds, char text[static RENDER_TEXT_SIZE]);
/* Prints text from outside: control bytes are shown as '?'. */
void render_print(const char *text, FILE *out);

#endif
