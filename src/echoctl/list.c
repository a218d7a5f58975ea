/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * list.c: see list.h.
 */
#include "echoctl/list.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "echoctl/answer.h"
#include "echoctl/options.h"
#include "echoctl/render_fields.h"
#include "echoctl/session.h"

enum {
	WHERE_SIZE = 64
};

/* ---- Values ---- */

/* The object that has the column's field; NULL when it is null and may be. */
static const json_t *holder(const struct list_column *column, const json_t *row)
{
	return column->inside ? json_object_get(row, column->inside) : row;
}

/* False: there is none. */
static bool read_integer(struct fields *f, const struct list_column *column, const json_t *row,
			 const char *where, int64_t *ret_value)
{
	const json_t *object = holder(column, row);

	if (!object || json_is_null(object))
		return false;
	if (column->optional)
		return fields_optional_integer(f, object, where, column->field, ret_value);
	*ret_value = fields_integer(f, object, where, column->field);
	return true;
}

/* NULL: there is none. */
static const char *read_text(struct fields *f, const struct list_column *column, const json_t *row,
			     const char *where)
{
	return column->optional ? fields_optional_text(f, row, where, column->field)
				: fields_text(f, row, where, column->field);
}

static bool is_text(const struct list_column *column)
{
	return column->kind == LIST_TEXT || column->kind == LIST_PEER;
}

static bool is_for_csv(const struct list_column *column)
{
	return column->kind != LIST_REASONS;
}

/* ---- As a table ---- */

static void add_text(struct table *t, struct fields *f, const struct list_column *column,
		     const json_t *row, const char *where)
{
	const char *text = read_text(f, column, row, where);
	const char *client =
	    column->kind == LIST_PEER ? fields_optional_text(f, row, where, "proxied_peer") : NULL;

	if (client)
		table_add(t, COLOR_NONE, "%s via %s", client, text);
	else
		table_add(t, COLOR_NONE, "%s", text ? text : "-");
}

static void add_integer(struct table *t, struct fields *f, const struct list_column *column,
			const json_t *row, const char *where)
{
	char text[RENDER_TEXT_SIZE];
	int64_t value = 0;

	if (!read_integer(f, column, row, where, &value))
		table_add(t, COLOR_NONE, "-");
	else if (column->kind == LIST_BYTES)
		table_add(t, COLOR_NONE, "%s", render_bytes(value, text));
	else if (column->kind == LIST_MS)
		table_add(t, COLOR_NONE, "%s", render_duration(value / 1000, text));
	else if (column->kind == LIST_US)
		table_add(t, COLOR_NONE, "%.3f ms", (double)value / 1000);
	else
		table_add(t, COLOR_NONE, "%" PRId64, value);
}

static void add_reasons(struct table *t, struct fields *f, const struct list_column *column,
			const json_t *row, const char *where)
{
	const json_t *reasons = json_object_get(row, column->field);
	char text[RENDER_REASONS_SIZE];

	if (!json_is_object(reasons))
		fields_wrong(f, where, column->field, "no object");
	table_add(t, COLOR_NONE, "%s", fields_reasons(reasons, text));
}

static void add_row(struct list *list, struct fields *f, const json_t *row, const char *where)
{
	for (size_t i = 0; i < list->table.n_columns; i++)
		if (is_text(list->shown[i]))
			add_text(&list->table, f, list->shown[i], row, where);
		else if (list->shown[i]->kind == LIST_REASONS)
			add_reasons(&list->table, f, list->shown[i], row, where);
		else
			add_integer(&list->table, f, list->shown[i], row, where);
}

/* ---- As CSV ---- */

static void print_quoted(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
	fputc('"', out);
}

static void print_names(const struct list *list)
{
	const char *before = "";

	for (size_t i = 0; i < list->n_columns; i++) {
		const struct list_column *column = &list->columns[i];

		if (!is_for_csv(column))
			continue;
		fprintf(list->out, "%s%s%s%s", before, column->inside ? column->inside : "",
			column->inside ? "_" : "", column->field);
		before = ",";
	}
	fputc('\n', list->out);
}

static void print_csv_value(struct list *list, struct fields *f, const struct list_column *column,
			    const json_t *row, const char *where)
{
	const char *text = is_text(column) ? read_text(f, column, row, where) : NULL;
	int64_t value = 0;

	if (text)
		print_quoted(text, list->out);
	else if (!is_text(column) && read_integer(f, column, row, where, &value))
		fprintf(list->out, "%" PRId64, value);
}

static void print_csv_row(struct list *list, struct fields *f, const json_t *row, const char *where)
{
	const char *before = "";

	for (size_t i = 0; i < list->n_columns; i++) {
		if (!is_for_csv(&list->columns[i]))
			continue;
		fputs(before, list->out);
		print_csv_value(list, f, &list->columns[i], row, where);
		before = ",";
	}
	fputc('\n', list->out);
}

/* ---- As JSON ---- */

static int print_json_row(struct list *list, const json_t *row)
{
	fputs(list->n_rows > 0 ? ",\n" : "\n", list->out);
	if (json_dumpf(row, list->out, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		return ferror(list->out) ? 0 : -ENOMEM;
	return 0;
}

/* ---- The whole ---- */

static void choose_columns(struct list *list, const char *without)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n_columns && n < TABLE_COLUMNS_MAX; i++) {
		const struct list_column *column = &list->columns[i];

		if (!column->heading ||
		    (without && column->inside && strcmp(column->inside, without) == 0))
			continue;
		list->shown[n] = column;
		list->table_columns[n++] =
		    (struct table_column){ .heading = column->heading,
					   .right = !is_text(column) && is_for_csv(column),
					   .if_present = column->if_present,
					   .drop = column->drop,
					   .drop_late = column->drop_late };
	}
	table_init(&list->table, list->table_columns, n);
	list->table.bare = list->options->no_headings;
	list->table.room = render_room(list->out);
}

void list_begin(struct list *list, const char *name, const struct list_column *columns,
		size_t n_columns, const char *without, const struct options *options, FILE *out,
		char ret_wrong[static RENDER_WRONG_SIZE])
{
	*list = (struct list){ .name = name,
			       .columns = columns,
			       .n_columns = n_columns,
			       .options = options,
			       .out = out,
			       .colors = answer_wants_color(options),
			       .wrong = ret_wrong };
	choose_columns(list, without);
	if (options->json)
		fprintf(out, "{\"%s\":[", name);
	else if (options->csv && !options->no_headings)
		print_names(list);
}

static int take_row(struct list *list, struct fields *f, const json_t *row)
{
	char where[WHERE_SIZE];
	int r = 0;

	snprintf(where, sizeof(where), "%s[%zu]", list->name, list->n_rows);
	if (list->options->json)
		r = print_json_row(list, row);
	else if (list->options->csv)
		print_csv_row(list, f, row, where);
	else
		add_row(list, f, row, where);
	list->n_rows++;
	return r;
}

int list_page(struct list *list, const json_t *parameters)
{
	struct fields f = { .wrong = list->wrong };
	const json_t *rows = fields_array(&f, parameters, "", list->name), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const int r = take_row(list, &f, row);

		if (r < 0 || list->wrong[0] || list->table.failed)
			return list->wrong[0] ? -EPROTO : -ENOMEM;
	}
	if (list->wrong[0])
		return -EPROTO;
	if (list->table.n_cells > 0)
		table_print(&list->table, list->colors, list->out);
	table_clear(&list->table);
	return 0;
}

void list_end(struct list *list, bool whole, const json_t *cursor)
{
	if (whole && list->options->json) {
		fputs(list->n_rows > 0 ? "\n]" : "]", list->out);
		if (cursor) {
			fputs(",\"cursor\":", list->out);
			json_dumpf(cursor, list->out, JSON_COMPACT | JSON_ENCODE_ANY);
		}
		fputs("}\n", list->out);
	} else if (whole && !list->options->csv && list->n_rows == 0) {
		table_print(&list->table, list->colors, list->out); /* the headings */
	}
	table_fini(&list->table);
}

int list_show(const struct session *session, const char *name, const struct list_column *columns,
	      size_t n_columns, json_t *answer)
{
	char wrong[RENDER_WRONG_SIZE] = "";
	struct list list;
	int r;

	list_begin(&list, name, columns, n_columns, NULL, session->options, stdout, wrong);
	r = answer ? list_page(&list, answer) : -ENOMEM;
	list_end(&list, r == 0, NULL);
	json_decref(answer);
	return r == 0 ? EXIT_OK : answer_is_wrong(session, wrong);
}
