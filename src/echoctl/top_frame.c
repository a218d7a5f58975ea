/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_frame.c: a page as a terminal takes it. Nothing is wiped before something else takes its place,
 * so that nothing flickers: each line is followed by an erasure of what was behind it. A line as wide
 * as the screen is not: the cursor still stands on its last character then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/top_paint.h"

#define HOME	     "\033[H"
#define WIPE	     "\033[2J"
#define ERASE_LINE   "\033[K"
#define ERASE_BELOW  "\033[J"
#define PLAIN_COLORS "\033[0m"

enum {
	ESCAPE = 0x1b
};

/* A line of printable ASCII and colours, cut to this width. Returns the width it has. */
static int print_cut(const char *text, size_t length, int columns, FILE *out)
{
	const char *end = text + length;
	bool colored = false;
	int width = 0;

	for (; text < end; text++) {
		if (*text == ESCAPE) {
			colored = true;
			while (text < end && *text != 'm')
				fputc(*text++, out);
		} else if (width++ == columns) {
			break;
		}
		fputc(*text, out);
	}
	if (text < end && colored)
		fputs(PLAIN_COLORS, out);
	return width < columns ? width : columns;
}

int top_paint_frame(const char *page, const struct top_view *view, bool clear, char **ret_text,
		    size_t *ret_length)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int row = 0;

	if (!out)
		return -ENOMEM;
	fputs(clear ? WIPE HOME : HOME, out);
	for (; row < view->rows && *page; row++) {
		const size_t n = strcspn(page, "\n");

		fputs(row > 0 ? "\r\n" : "", out);
		if (print_cut(page, n, view->columns, out) < view->columns)
			fputs(ERASE_LINE, out);
		page += n + (page[n] == '\n');
	}
	if (row < view->rows)
		fputs("\r\n" ERASE_BELOW, out);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}
