/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_paint: the model as a page of text, and a page as what a terminal of some size takes in one
 * write. No descriptor and no clock. What comes from outside is shown in printable ASCII alone.
 */
#ifndef ECHOD_ECHOCTL_TOP_PAINT_H
#define ECHOD_ECHOCTL_TOP_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "echoctl/top_model.h"

struct top_view {
	int columns, rows; /* of the terminal */
	bool colors;
	bool paused, help;
	enum top_order order;
	bool reverse;
	int64_t interval_ms; /* as asked for */
	int64_t limit;	     /* of connections; 0 = as many as fit */
};

/* A line feed behind each line; at most view->rows lines, some of which may be too wide. 0, -ENOMEM. */
int top_paint_page(const struct top_model *m, const struct top_view *view, FILE *out);
/* The page in the place of what the screen shows, each line cut to its width; clear wipes it before.
 * *ret_text is the caller's to free(). 0, -ENOMEM. */
int top_paint_frame(const char *page, const struct top_view *view, bool clear, char **ret_text,
		    size_t *ret_length);
/* Without a screen: the head of the columns, and a line with what they hold, each with its line feed;
 * cut to view->columns, unless that is 0, between columns. time_s is the wall clock's. 0, -ENOMEM. */
int top_paint_heading(const struct top_view *view, FILE *out);
int top_paint_line(const struct top_model *m, const struct top_view *view, int64_t time_s,
		   FILE *out);

#endif
