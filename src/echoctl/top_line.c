/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_line.c: an interval as a line, for where there is no screen to draw on.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "echoctl/top_paint.h"
#include "echoctl/top_text.h"
#include "echod/attr.h"

#define LINE_FORMAT "%-20s %-8s %8s %7s %7s %10s %10s %8s %5s %7s\n"

/* How much of a line is printed: a column that does not fit goes whole, as a part of a number is another
 * number. */
static size_t fitting(const char *text, const struct top_view *view)
{
	static const size_t ends[] = { 20, 29, 38, 46, 54, 65, 76, 85, 91, 99 };
	const size_t length = strcspn(text, "\n"), room = (size_t)view->columns;
	size_t fit = 0;

	if (view->columns <= 0 || length <= room)
		return length;
	for (size_t i = 0; i < ARRAY_LENGTH(ends) && ends[i] <= room; i++)
		if (text[ends[i]] == ' ')
			fit = ends[i];
	while (fit > 0 && text[fit - 1] == ' ')
		fit--;
	return fit > 0 ? fit : room;
}

/* A line that was printed to memory, cut. */
static int finish(FILE *line, char **text, const struct top_view *view, FILE *out)
{
	if (fclose(line) != 0) {
		free(*text);
		return -ENOMEM;
	}
	fprintf(out, "%.*s\n", (int)fitting(*text, view), *text);
	free(*text);
	return 0;
}

int top_paint_heading(const struct top_view *view, FILE *out)
{
	char *text = NULL;
	size_t size;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return -ENOMEM;
	fprintf(line, LINE_FORMAT, "TIME", "STATE", "ACTIVE", "CONN/s", "REFUS/s", "IN/s", "OUT/s",
		"DGRAM/s", "BUSY", "TURN99%");
	return finish(line, &text, view, out);
}

static void print_cells(const struct top_status *s, const char *time, FILE *out)
{
	char state[TOP_TEXT_SIZE], cells[7][RENDER_TEXT_SIZE], active[RENDER_TEXT_SIZE];
	const struct top_rates *r = &s->rates;

	snprintf(active, sizeof(active), "%" PRId64, s->active);
	fprintf(
	    out, LINE_FORMAT, time, top_text_plain(s->state, state), active,
	    top_text_rate(r->known, r->accepted, cells[0]),
	    top_text_rate(r->known, r->rejected, cells[1]),
	    top_text_byte_rate(r->known, r->received, cells[2]),
	    top_text_byte_rate(r->known, r->sent, cells[3]),
	    top_text_rate(r->known, r->datagrams_in, cells[4]),
	    top_text_share(s->turns.measured, s->turns.busy, cells[5]),
	    top_text_limit(s->turns.known, s->turns.most_us, s->limits_us, s->n_kinds, cells[6]));
}

int top_paint_line(const struct top_model *m, const struct top_view *view, int64_t time_s,
		   FILE *out)
{
	const time_t seconds = (time_t)time_s;
	char *text = NULL, time_text[RENDER_TEXT_SIZE] = "-";
	size_t size;
	struct tm parts;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return -ENOMEM;
	if (gmtime_r(&seconds, &parts))
		strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	print_cells(&m->status, time_text, line);
	return finish(line, &text, view, out);
}
