/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_refusals.c owns how refusals and the verdict of an access list read. Of reasons only those
 * that occurred are shown.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "echoctl/render.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"

enum {
	WHERE_SIZE = 64,
	REASONS_SIZE = 256
};

/* "limit 2, rate 1", or "none"; returns text. */
static const char *reasons_text(const json_t *reasons, char text[static REASONS_SIZE])
{
	const char *name;
	const json_t *count;
	size_t used = 0;

	snprintf(text, REASONS_SIZE, "none");
	json_object_foreach((json_t *)(uintptr_t)reasons, name, count)
	{
		const json_int_t n = json_integer_value(count);
		const int length =
		    n > 0 && used < REASONS_SIZE
			? snprintf(text + used, REASONS_SIZE - used, "%s%s %" JSON_INTEGER_FORMAT,
				   used > 0 ? ", " : "", name, n)
			: 0;

		used += length > 0 ? (size_t)length : 0;
	}
	return text;
}

static void print_line(struct fields *f, const json_t *parameters, const char *field,
		       const char *label, FILE *out)
{
	char text[REASONS_SIZE];

	fprintf(out, "%-23s", label);
	render_print(reasons_text(fields_object(f, parameters, field), text), out);
	fputc('\n', out);
}

static const struct table_column columns[] = {
	{ .heading = "SOURCE" },
	{ .heading = "REFUSED", .right = true },
	{ .heading = "OVERCOUNT", .right = true, .if_present = true },
	{ .heading = "REASONS" },
};

static void add_source(struct table *t, struct fields *f, const json_t *row, const char *where)
{
	const json_t *reasons = json_object_get(row, "reasons");
	const int64_t count = fields_integer(f, row, where, "count");
	const int64_t over = fields_integer(f, row, where, "overcount");
	char text[REASONS_SIZE];

	table_add(t, COLOR_NONE, "%s", fields_text(f, row, where, "network"));
	table_add(t, COLOR_NONE, "%" PRId64, count);
	table_add(t, COLOR_NONE, "%" PRId64, over);
	if (!json_is_object(reasons))
		fields_wrong(f, where, "reasons", "no object");
	table_add(t, COLOR_NONE, "%s", reasons_text(reasons, text));
}

static int add_sources(struct table *t, struct fields *f, const json_t *parameters)
{
	const json_t *rows = fields_array(f, parameters, "", "sources"), *row;
	char where[WHERE_SIZE];
	size_t i;

	json_array_foreach(rows, i, row)
	{
		snprintf(where, sizeof(where), "sources[%zu]", i);
		add_source(t, f, row, where);
	}
	return t->failed ? -ENOMEM : 0;
}

static void print_page(struct fields *f, const json_t *parameters, struct table *t, bool color,
		       FILE *out)
{
	print_line(f, parameters, "rejected", "connections refused", out);
	print_line(f, parameters, "accept_errors", "accept failed", out);
	print_line(f, parameters, "datagrams_dropped", "datagrams dropped", out);
	if (t->n_cells > 0) {
		fputc('\n', out);
		table_print(t, color, out);
	}
}

int render_refusals(const json_t *parameters, bool color, FILE *out,
		    char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	char *page = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&page, &size);
	struct table t;
	int r;

	if (!stream)
		return -ENOMEM;
	table_init(&t, columns, ARRAY_LENGTH(columns));
	r = add_sources(&t, &f, parameters);
	if (r >= 0)
		print_page(&f, parameters, &t, color, stream);
	table_fini(&t);
	if (fclose(stream) != 0)
		r = -ENOMEM;
	if (r >= 0 && !ret_wrong[0])
		fwrite(page, 1, size, out);
	free(page);
	if (r < 0)
		return r;
	return ret_wrong[0] ? -EPROTO : 0;
}

/* "allowed: allow has 192.0.2.0/24 (/etc/echod.conf:12)" */
int render_acl(const json_t *parameters, bool color, FILE *out,
	       char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	const bool allowed = fields_boolean(&f, parameters, "", "allowed");
	const char *list = fields_text(&f, parameters, "", "list");
	const char *network = fields_optional_text(&f, parameters, "", "network");
	const char *file = fields_optional_text(&f, parameters, "", "file");
	const enum render_color tint = allowed ? COLOR_GOOD : COLOR_BAD;
	int64_t line = 0;
	const bool placed = fields_optional_integer(&f, parameters, "", "line", &line);

	if (ret_wrong[0])
		return -EPROTO;
	fprintf(out, "%s%s%s: ", render_color_on(tint, color), allowed ? "allowed" : "refused",
		render_color_off(tint, color));
	if (network) {
		render_print(list, out);
		fputs(" has ", out);
		render_print(network, out);
	} else {
		fputs(allowed ? "no rule is for it, and allow is empty"
			      : "no network of allow holds it",
		      out);
	}
	if (file && placed) {
		fputs(" (", out);
		render_print(file, out);
		fprintf(out, ":%" PRId64 ")", line);
	}
	fputc('\n', out);
	return 0;
}
