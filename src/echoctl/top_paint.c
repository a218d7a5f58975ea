/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_paint.c owns what stands where on the page: the head, and below it as much of the tables of
 * listeners, workers and connections as there are lines. When not all of it fits, each of the first two
 * has a third of the room, or what the others leave; a table that has no room for a row is left out.
 */
#include "echoctl/top_paint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/top_keys.h"
#include "echoctl/top_tables.h"
#include "echoctl/top_text.h"

enum {
	TABLES = 3,
	TABLE_MIN_LINES = 3, /* a blank one, the headings, a row */
	ROWS_MAX = 10000,    /* more than any terminal has */
	KEYS_MIN_ROWS = 10   /* fewer, and there is something better to show than the keys */
};

/* ---- The head ---- */

static void print_state(const struct top_status *s, const struct top_view *view, FILE *out)
{
	const enum render_color color = render_state_color(s->state);
	char version[TOP_TEXT_SIZE], state[TOP_TEXT_SIZE], up[RENDER_TEXT_SIZE];

	fprintf(out, "echod %s %s%s%s, pid %" PRId64 ", up %s; every %g s, by %s%s%s\n",
		top_text_plain(s->version, version), render_color_on(color, view->colors),
		top_text_plain(s->state, state), render_color_off(color, view->colors), s->pid,
		render_duration(s->uptime_s, up), (double)view->interval_ms / 1000,
		top_order_name(view->order), view->reverse ? " reversed" : "",
		view->paused ? ", PAUSED" : "");
}

static void print_connections(const struct top_status *s, FILE *out)
{
	char opened[RENDER_TEXT_SIZE], refused[RENDER_TEXT_SIZE];

	fprintf(out, "connections  %" PRId64 " active, %s/s new, %s/s refused", s->active,
		top_text_rate(s->rates.known, s->rates.accepted, opened),
		top_text_rate(s->rates.known, s->rates.rejected, refused));
	if (s->paused > 0)
		fprintf(out, ", %" PRId64 " paused", s->paused);
	fputc('\n', out);
}

static void print_bytes(const struct top_status *s, FILE *out)
{
	char in[RENDER_TEXT_SIZE], sent[RENDER_TEXT_SIZE], pending[RENDER_TEXT_SIZE];

	fprintf(out, "bytes        %s/s in, %s/s out, %s pending\n",
		top_text_byte_rate(s->rates.known, s->rates.received, in),
		top_text_byte_rate(s->rates.known, s->rates.sent, sent),
		render_bytes(s->pending, pending));
}

static void print_datagrams(const struct top_status *s, FILE *out)
{
	char in[RENDER_TEXT_SIZE], sent[RENDER_TEXT_SIZE];

	if (s->counts.datagrams_in == 0)
		return;
	fprintf(out, "datagrams    %s/s in, %s/s out\n",
		top_text_rate(s->rates.known, s->rates.datagrams_in, in),
		top_text_rate(s->rates.known, s->rates.datagrams_out, sent));
}

static void print_turns(const struct top_status *s, FILE *out)
{
	const struct top_turns *t = &s->turns;
	char busy[RENDER_TEXT_SIZE], half[RENDER_TEXT_SIZE], most[RENDER_TEXT_SIZE],
	    all[RENDER_TEXT_SIZE];

	if (s->n_kinds == 0)
		return;
	fprintf(out, "loops        %s busy, turns up to %s (50%%), %s (99%%), %s (all)\n",
		top_text_share(t->measured, t->busy, busy),
		top_text_limit(t->known, t->half_us, s->limits_us, s->n_kinds, half),
		top_text_limit(t->known, t->most_us, s->limits_us, s->n_kinds, most),
		top_text_limit(t->known, t->all_us, s->limits_us, s->n_kinds, all));
}

static void print_keys(const struct top_view *view, FILE *out)
{
	fputs("keys:", out);
	for (size_t i = 0; i < n_top_keys; i++)
		if (top_keys[i].name)
			fprintf(out, " %s%s%s %s", render_color_on(COLOR_HEADING, view->colors),
				top_keys[i].name, render_color_off(COLOR_HEADING, view->colors),
				top_keys[i].word);
	fputc('\n', out);
}

static void print_head(const struct top_model *m, const struct top_view *view, FILE *out)
{
	print_state(&m->status, view, out);
	print_connections(&m->status, out);
	print_bytes(&m->status, out);
	print_datagrams(&m->status, out);
	print_turns(&m->status, out);
	if (view->rows >= KEYS_MIN_ROWS)
		print_keys(view, out);
	if (m->note[0])
		fprintf(out, "%s\n", m->note);
}

static void print_help(FILE *out)
{
	fputs("The keys put connections in another order, or do this:\n\n", out);
	for (size_t i = 0; i < n_top_keys; i++)
		if (top_keys[i].name)
			fprintf(out, "  %-7s %s\n", top_keys[i].name, top_keys[i].help);
	fputs("\nBUSY is the share of the time in which a worker's loop had something to do.\n"
	      "TURN is how long its turns took at most, from waking to waiting again: half of\n"
	      "them, 99 % and all. What was ready last in a turn has waited so long.\n"
	      "Rates are those of the last interval; - is not known yet.\n",
	      out);
}

/* ---- Text as lines ---- */

static int count_lines(const char *text)
{
	int n = 0;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

static const char *after_lines(const char *text, int n)
{
	while (n-- > 0 && text[0])
		text += strcspn(text, "\n") + 1;
	return text;
}

static void print_lines(const char *text, int n, FILE *out)
{
	fwrite(text, 1, (size_t)(after_lines(text, n) - text), out);
}

/* The first lines of a table in so many lines, a blank one included; more says how many rows there
 * are. */
static void print_table(const char *text, int lines, size_t rows, FILE *out)
{
	const int have = count_lines(text);

	if (lines < TABLE_MIN_LINES || have < 2)
		return;
	fputc('\n', out);
	if (have < lines) {
		fputs(text, out);
		return;
	}
	if (lines == TABLE_MIN_LINES) {
		print_lines(text, 2, out);
		return;
	}
	print_lines(text, lines - 2, out);
	fprintf(out, "... and %zu more\n", rows - (size_t)(lines - 3));
}

/* ---- Who has how much room ---- */

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static int room_for_table(int lines)
{
	return lines < TABLE_MIN_LINES ? 0 : lines;
}

/* need[i]: lines that a table would fill, with a blank one; 0 = it has no rows. */
static void share_room(int room, const int need[TABLES], int ret_room[TABLES])
{
	ret_room[0] = room_for_table(smaller(need[0], larger(room / 3, room - need[1] - need[2])));
	room -= ret_room[0];
	ret_room[1] = room_for_table(smaller(need[1], larger(room / 2, room - need[2])));
	ret_room[2] = room_for_table(smaller(need[2], room - ret_room[1]));
}

/* ---- The page ---- */

/* There are more than the list has, unless so many only are wanted. */
static size_t count_connections(const struct top_model *m, const struct top_view *view)
{
	if (view->limit > 0 && m->n_connections > (size_t)view->limit)
		return (size_t)view->limit;
	if (view->limit > 0 || m->status.active < (int64_t)m->n_connections || !m->n_connections)
		return m->n_connections;
	return (size_t)m->status.active;
}

static int print_tables(const struct top_model *m, const struct top_view *view, int room, FILE *out)
{
	const size_t rows[TABLES] = { m->status.n_listeners, m->status.n_workers,
				      count_connections(m, view) };
	char *texts[TABLES] = { top_table_listeners(m, view), top_table_workers(m, view),
				top_table_connections(m, view) };
	int need[TABLES], rooms[TABLES];
	int r = 0;

	for (int i = 0; i < TABLES; i++)
		r = texts[i] ? r : -ENOMEM;
	for (int i = 0; i < TABLES; i++)
		need[i] = rows[i] > 0 ? (rows[i] < ROWS_MAX ? (int)rows[i] : ROWS_MAX) + 2 : 0;
	share_room(room, need, rooms);
	for (int i = 0; i < TABLES; i++) {
		if (r == 0)
			print_table(texts[i], rooms[i], rows[i], out);
		free(texts[i]);
	}
	return r;
}

int top_paint_page(const struct top_model *m, const struct top_view *view, FILE *out)
{
	char *text = NULL;
	size_t size;
	FILE *head = open_memstream(&text, &size);
	int lines, r = 0;

	if (!head)
		return -ENOMEM;
	if (view->help)
		print_help(head);
	else
		print_head(m, view, head);
	if (fclose(head) != 0) {
		free(text);
		return -ENOMEM;
	}
	lines = smaller(count_lines(text), view->rows);
	print_lines(text, lines, out);
	free(text);
	if (!view->help)
		r = print_tables(m, view, view->rows - lines, out);
	return ferror(out) ? -ENOMEM : r;
}
