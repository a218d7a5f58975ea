/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top.c: what goes on in the daemon, interval after interval: on a screen, or as lines.
 *
 *     status ──> list of connections ──> shown      once in an interval
 *     key    ──> list in another order ──> shown    in between
 *
 * While it is paused, statuses come and are passed over; the next one afterwards is compared with the
 * last one shown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/top_json.h"
#include "echoctl/top_screen.h"
#include "echoctl/top_signals.h"
#include "echod/clock.h"

enum {
	INTERVAL_MS = 2000, /* unless told */
	JSON_ROWS = 20	    /* unless told */
};

void top_end(struct top *top, int code)
{
	top->over = true;
	top->code = code;
}

static void misread(struct top *top)
{
	top->misread = true;
	top_end(top, EXIT_PROTOCOL);
}

static struct top *top_of(void *user)
{
	return user;
}

/* ---- Showing ---- */

static void print_interval(struct top *top)
{
	const int64_t limit = top->view.limit > 0 ? top->view.limit : JSON_ROWS;
	int code, r = 0;

	top_model_sort(&top->model, top->view.order, top->view.reverse);
	if (top->options->json) {
		r = top_json_print(&top->model, (size_t)limit, clock_real_ns() / 1000000, stdout);
	} else {
		top_terminal_size(&top->view.columns, &top->view.rows);
		if (!top->headed && !top->options->no_headings)
			r = top_paint_heading(&top->view, stdout);
		top->headed = true;
		if (r == 0)
			r = top_paint_line(&top->model, &top->view, clock_real_s(), stdout);
	}
	code = session_flush();
	if (code != EXIT_OK)
		top_end(top, code);
	else if (r < 0)
		top_end(top, answer_is_wrong(top->session, ""));
}

static bool is_counted_out(const struct top *top)
{
	return top->options->count > 0 && top->intervals >= top->options->count;
}

/* An interval is over, and all that is to be known of it is. */
static void show_interval(struct top *top)
{
	const bool first = top->model.interval_ms == 0;

	top->stale = true;
	if (!top->screen && !first)
		print_interval(top);
	top->intervals += first ? 0 : 1;
	if (!top->over && !top->screen && is_counted_out(top))
		top_end(top, EXIT_OK);
}

/* ---- What the daemon says ---- */

static bool has_list(const struct top *top)
{
	return top->screen || top->options->json;
}

void top_ask_list(struct top *top, bool interval)
{
	const int64_t rows = top->view.limit > 0 ? top->view.limit : top->view.rows;

	if (top->feed.listing || (top->view.paused && !interval))
		return;
	top->interval_list = top->awaited = interval;
	top_feed_ask_list(&top->feed, top->view.order, top->view.reverse, rows);
}

static void take_status(const json_t *answer, void *user)
{
	struct top *top = top_of(user);

	if (top->view.paused || top->over)
		return;
	/* An object has the list of its own interval, which then takes longer; a screen goes on. */
	if (!top->screen && top->feed.listing)
		return;
	if (top_model_take_status(&top->model, answer, clock_now_ms(), top->wrong) < 0) {
		misread(top);
	} else if (has_list(top) && !top->feed.listing) {
		top_ask_list(top, true);
	} else {
		top->awaited = false; /* that list takes long */
		show_interval(top);
	}
}

static void take_page(const json_t *answer, bool last, void *user)
{
	struct top *top = top_of(user);
	int r;

	top->unwanted |= top->view.paused || top->over;
	if (top->unwanted) {
		top_model_drop_list(&top->model);
		top->unwanted = !last;
		return;
	}
	r = top_model_take_page(&top->model, answer, top->wrong);
	if (r == 0 && last)
		r = top_model_end_list(&top->model, top->interval_list, clock_now_ms());
	if (r < 0)
		misread(top);
	else if (last && top->awaited)
		show_interval(top);
	else if (last)
		top->stale = true;
}

static void take_no_list(const char *why, void *user)
{
	struct top *top = top_of(user);

	top->unwanted = false;
	if (top->view.paused) {
		top_model_drop_list(&top->model);
		return;
	}
	top_model_no_list(&top->model, why);
	top->stale = true;
	if (top->awaited)
		show_interval(top);
}

/* ---- The run ---- */

static void turn(struct top *top)
{
	const int r = selector_select(
	    top->selector, selector_timeout(top_feed_deadline_ms(&top->feed), clock_now_ms()));
	int code;

	if (r < 0) {
		top_screen_leave(top);
		top_end(top, session_failed(top->session, r));
		return;
	}
	selector_dispatch(top->selector);
	if (!top->over && !top_feed_turn(&top->feed, clock_now_ms(), top_screen_leave, &code))
		top_end(top, code);
	if (!top->over && top->screen && top->stale && top->model.status.answer)
		top_screen_draw(top);
	if (!top->over && is_counted_out(top))
		top_end(top, EXIT_OK);
}

static int run_top_on(struct top *top)
{
	int r = top_feed_open(&top->feed);

	if (r == 0 && top->screen)
		r = top_screen_open(top);
	if (r < 0 && r != -EINTR) {
		top_screen_leave(top);
		return session_failed(top->session, r);
	}
	while (!top->over)
		turn(top);
	top_screen_leave(top);
	if (top->signal != 0)
		top_signals_obey(top->signal);
	return top->misread ? answer_is_wrong(top->session, top->wrong) : top->code;
}

int check_top(struct options *options)
{
	enum top_order order;

	if (options->filter.sort && top_order_parse(options->filter.sort, &order) < 0)
		return options_refuse(options, "--sort knows no '%s'", options->filter.sort);
	return 0;
}

static void set_up(struct top *top, struct session *session)
{
	const struct options *options = session->options;

	top->session = session;
	top->options = options;
	top->screen = !options->json && top_terminal_can_draw();
	top->view = (struct top_view){ .colors = answer_wants_color(options),
				       .reverse = options->filter.reverse,
				       .limit = options->filter.limit,
				       .interval_ms = options->interval_ms ? options->interval_ms
									   : INTERVAL_MS };
	if (options->filter.sort)
		top_order_parse(options->filter.sort, &top->view.order);
	top_terminal_size(&top->view.columns, &top->view.rows);
	top_model_init(&top->model);
	top->feed = (struct top_feed){ .session = session,
				       .selector = top->selector,
				       .interval_ms = top->view.interval_ms,
				       .status = take_status,
				       .page = take_page,
				       .no_list = take_no_list,
				       .user = top };
}

/* First it is asked whether it understands us at all: with the terminal as it is. */
int run_top(struct session *session)
{
	struct top top = { .signal = 0 };
	json_t *answer;
	int r, code = answer_call(session, METHOD_PING, NULL, &answer);

	if (code != EXIT_OK)
		return code;
	json_decref(answer);
	r = selector_open(NULL, &top.selector);
	if (r < 0)
		return session_failed(session, r);
	set_up(&top, session);
	code = run_top_on(&top);
	top_feed_close(&top.feed);
	top_model_fini(&top.model);
	selector_close(top.selector);
	return code;
}
