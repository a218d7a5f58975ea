/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_config.c owns how the configuration in force reads: a setting on each line, and behind it
 * where it came from.
 */
#include <inttypes.h>

#include "echoctl/render.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"
#include "echod/attr.h"

enum {
	WHERE_SIZE = 64,
	COMMENT_COLUMN = 48
};

/* "listeners.echo.port = 7", and blanks up to the comment. */
static void print_setting(struct fields *f, const json_t *row, const char *where, FILE *out)
{
	const char *listener = fields_optional_text(f, row, where, "listener");
	long start = ftell(out), used;

	if (listener) {
		fputs("listeners.", out);
		render_print(listener, out);
		fputc('.', out);
	}
	render_print(fields_text(f, row, where, "key"), out);
	fputs(" = ", out);
	render_print(fields_text(f, row, where, "value"), out);
	used = ftell(out) - start;
	fprintf(out, "%*s", used < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - used) : 2, "");
}

static void print_origin(struct fields *f, const json_t *row, const char *where, FILE *out)
{
	const char *from = fields_text(f, row, where, "from");
	const char *file = fields_optional_text(f, row, where, "file");
	int64_t line;

	fputs("# ", out);
	render_print(file ? file : from, out);
	if (file && fields_optional_integer(f, row, where, "line", &line))
		fprintf(out, ":%" PRId64, line);
	fputc('\n', out);
}

static void print_page(struct fields *f, const json_t *parameters, bool color UNUSED, FILE *out)
{
	const json_t *values = fields_array(f, parameters, "", "values"), *row;
	char where[WHERE_SIZE];
	size_t i;

	json_array_foreach(values, i, row)
	{
		snprintf(where, sizeof(where), "values[%zu]", i);
		print_setting(f, row, where, out);
		print_origin(f, row, where, out);
	}
}

int render_config(const json_t *parameters, bool color, FILE *out,
		  char ret_wrong[static RENDER_WRONG_SIZE])
{
	return fields_print(print_page, parameters, color, out, ret_wrong);
}
