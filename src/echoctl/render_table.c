/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_table.c owns widths. A cell's width is counted in characters of UTF-8, each of which is taken
 * to be one column wide: a path with others, such as Chinese, costs a ragged line.
 */
#include "echoctl/render_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	GAP = 2,    /* between columns */
	CUT_MIN = 8 /* no column of texts is cut to less */
};
#define GAP_TEXT "  "

/* ---- Texts ---- */

int render_room(FILE *out)
{
	const int fd = fileno(out);
	struct winsize size;

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

const char *render_color_on(enum render_color color, bool colors)
{
	static const char *const codes[] = { [COLOR_NONE] = "",
					     [COLOR_HEADING] = "\033[1m",
					     [COLOR_GOOD] = "\033[32m",
					     [COLOR_WAITING] = "\033[33m",
					     [COLOR_BAD] = "\033[31m" };

	return colors ? codes[color] : "";
}

const char *render_color_off(enum render_color color, bool colors)
{
	return colors && color != COLOR_NONE ? "\033[0m" : "";
}

enum render_color render_state_color(const char *state)
{
	if (strcmp(state, "running") == 0 || strcmp(state, "listening") == 0)
		return COLOR_GOOD;
	return strcmp(state, "dead") == 0 ? COLOR_BAD : COLOR_WAITING;
}

const char *render_bytes(int64_t bytes, char text[static RENDER_TEXT_SIZE])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, RENDER_TEXT_SIZE, "%" PRId64 " B", bytes);
		return text;
	}
	/* 1023.95 would be printed as 1024.0 */
	while (value >= 1023.95 && unit + 1 < ARRAY_LENGTH(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(text, RENDER_TEXT_SIZE, "%.1f %s", value, units[unit]);
	return text;
}

const char *render_duration(int64_t seconds, char text[static RENDER_TEXT_SIZE])
{
	int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (days > 0)
		snprintf(text, RENDER_TEXT_SIZE, "%" PRId64 "d %dh", days, (int)(hours % 24));
	else if (hours > 0)
		snprintf(text, RENDER_TEXT_SIZE, "%dh %dm", (int)hours, (int)(minutes % 60));
	else if (minutes > 0)
		snprintf(text, RENDER_TEXT_SIZE, "%dm %ds", (int)minutes, (int)(seconds % 60));
	else
		snprintf(text, RENDER_TEXT_SIZE, "%ds", (int)seconds);
	return text;
}

/* How many bytes of the control character that begins here are to be made harmless; 0 = it is none.
 * Those from U+0080 to U+009F are two bytes, C2 and that; terminals obey them. */
static size_t control_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
		return 2;
	return c[0] < 0x20 || c[0] == 0x7f;
}

void render_print(const char *text, FILE *out)
{
	while (*text) {
		const size_t n = control_length(text);

		fputc(n > 0 ? '?' : *text, out);
		text += n > 0 ? n : 1;
	}
}

static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* How many characters the text has. */
static size_t length_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += begins_character(*text);
	return n;
}

/* How many bytes the first n characters are. */
static int bytes_of(const char *text, size_t n)
{
	size_t i = 0;

	while (text[i] && (n > 0 || !begins_character(text[i])))
		n -= begins_character(text[i++]);
	return (int)i;
}

/* ---- The table ---- */

void table_init(struct table *t, const struct table_column *columns, size_t n_columns)
{
	*t = (struct table){ .columns = columns, .n_columns = n_columns };
}

void table_fini(struct table *t)
{
	table_clear(t);
	free(t->cells);
}

static char *clean_text(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static char *clean_text(const char *format, va_list args)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	vfprintf(out, format, args);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	for (char *c = text; *c; c++)
		memset(c, '?', control_length(c));
	return text;
}

void table_add(struct table *t, enum render_color color, const char *format, ...)
{
	struct table_cell *more = realloc(t->cells, (t->n_cells + 1) * sizeof(*more));
	va_list args;

	if (!more) {
		t->failed = true;
		return;
	}
	t->cells = more;
	va_start(args, format);
	more[t->n_cells] = (struct table_cell){ clean_text(format, args), color };
	va_end(args);
	if (more[t->n_cells].text)
		t->n_cells++;
	else
		t->failed = true;
}

static bool is_shown(const struct table *t, size_t column)
{
	if (!t->columns[column].if_present)
		return true;
	for (size_t i = column; i < t->n_cells; i += t->n_columns)
		if (strcmp(t->cells[i].text, "0") != 0 && strcmp(t->cells[i].text, "-") != 0)
			return true;
	return false;
}

static int width_of(const struct table *t, size_t column)
{
	size_t width = t->bare ? 0 : strlen(t->columns[column].heading);

	for (size_t i = column; i < t->n_cells; i += t->n_columns)
		if (length_of(t->cells[i].text) > width)
			width = length_of(t->cells[i].text);
	return (int)width;
}

/* Of all columns with no text cut, or with every text cut as far as it may be. */
static int total_width(const struct table *t, bool cut)
{
	int total = 0;

	for (size_t c = 0; c < t->n_columns; c++) {
		const bool narrow = cut && !t->columns[c].right && t->widths[c] > CUT_MIN;

		if (t->widths[c])
			total += (narrow ? CUT_MIN : t->widths[c]) + (total > 0 ? GAP : 0);
	}
	return total;
}

/* The column that can be missed most easily, or SIZE_MAX. */
static size_t most_dispensable(const struct table *t)
{
	size_t found = SIZE_MAX;

	for (size_t c = 0; c < t->n_columns; c++)
		if (t->widths[c] && t->columns[c].drop > 0 &&
		    (found == SIZE_MAX || t->columns[c].drop > t->columns[found].drop))
			found = c;
	return found;
}

/* The same of those that only go where even cut texts are too wide. */
static size_t last_to_go(const struct table *t)
{
	size_t found = SIZE_MAX;

	for (size_t c = 0; c < t->n_columns; c++)
		if (t->widths[c] && t->columns[c].drop_late > 0 &&
		    (found == SIZE_MAX || t->columns[c].drop_late > t->columns[found].drop_late))
			found = c;
	return found;
}

/* The widest column of texts that is not too narrow to be cut, or SIZE_MAX. */
static size_t widest_text(const struct table *t)
{
	size_t found = SIZE_MAX;

	for (size_t c = 0; c < t->n_columns; c++)
		if (!t->columns[c].right && t->widths[c] > CUT_MIN &&
		    (found == SIZE_MAX || t->widths[c] > t->widths[found]))
			found = c;
	return found;
}

static void fit(struct table *t)
{
	size_t c;

	/* Under headings that are there already no column may go. */
	while (!t->printed && total_width(t, false) > t->room &&
	       (c = most_dispensable(t)) != SIZE_MAX)
		t->widths[c] = 0;
	while (!t->printed && total_width(t, true) > t->room && (c = last_to_go(t)) != SIZE_MAX)
		t->widths[c] = 0;
	while (total_width(t, false) > t->room && (c = widest_text(t)) != SIZE_MAX)
		t->widths[c]--;
}

static void choose_widths(struct table *t)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		const int width = t->printed ? t->widths[c] > 0 : is_shown(t, c);

		if (width && width_of(t, c) > t->widths[c])
			t->widths[c] = width_of(t, c);
	}
	if (t->room > 0)
		fit(t);
}

static void print_cell(const struct table_column *column, const char *text, int width, bool last,
		       enum render_color color, bool colors, FILE *out)
{
	const int length = (int)length_of(text);
	const bool cut = length > width;
	const int blanks = cut ? 0 : width - length;

	if (column->right)
		fprintf(out, "%*s", blanks, "");
	fprintf(out, "%s%.*s%s%s", render_color_on(color, colors),
		bytes_of(text, (size_t)(cut ? width - 1 : width)), text, cut ? "~" : "",
		render_color_off(color, colors));
	if (!column->right && !last)
		fprintf(out, "%*s", blanks, "");
	fputs(last ? "\n" : GAP_TEXT, out);
}

static void print_headings(const struct table *t, size_t last, bool colors, FILE *out)
{
	for (size_t c = 0; c < t->n_columns; c++)
		if (t->widths[c])
			print_cell(&t->columns[c], t->columns[c].heading, t->widths[c], c == last,
				   COLOR_HEADING, colors, out);
}

void table_print(struct table *t, bool colors, FILE *out)
{
	size_t last = 0;

	choose_widths(t);
	for (size_t c = 0; c < t->n_columns; c++)
		last = t->widths[c] ? c : last;
	if (!t->printed && !t->bare)
		print_headings(t, last, colors, out);
	t->printed = true;
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t c = i % t->n_columns;

		if (t->widths[c])
			print_cell(&t->columns[c], t->cells[i].text, t->widths[c], c == last,
				   t->cells[i].color, colors, out);
	}
}

void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i].text);
	t->n_cells = 0;
}
