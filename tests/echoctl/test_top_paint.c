/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_top_paint: a model and a size in, exact text out; and at every size there is, no frame that
 * would scroll, wrap or send a terminal anything but text, colours and the five sequences it needs.
 */
#include "tests/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "echoctl/top_paint.h"
#include "echoctl/top_text.h"
#include "tests/echoctl/answers.h"

static struct top_model model;

static json_t *connection(int64_t id, const char *peer, const char *proxied, int64_t bytes)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s?, s:I, s:i, s:I, s:I, s:i}", "id",
			 (json_int_t)id, "listener", "echo", "state", "open", "peer", peer,
			 "proxied_peer", proxied, "age_ms", (json_int_t)(id % 1000 * 100000),
			 "idle_ms", 1200, "received_bytes", (json_int_t)bytes, "sent_bytes",
			 (json_int_t)(bytes / 2), "pending_bytes", 10);
}

static void take_list(int64_t now_ms, int64_t more)
{
	json_t *page = json_pack("{s:[o, o, o]}", "connections",
				 connection(1099511627777, "127.0.0.1:40000", NULL, 1000 + more),
				 connection(1, "[2001:db8::1]:40001", NULL, 5000000 + 2 * more),
				 connection(2, "127.0.0.1:9", "192.0.2.7:1234", 0));
	char wrong[RENDER_WRONG_SIZE] = "";

	assert_int_equal(top_model_take_page(&model, page, wrong), 0);
	assert_int_equal(top_model_end_list(&model, true, now_ms), 0);
	json_decref(page);
}

static void take_status(json_t *status, int64_t now_ms)
{
	char wrong[RENDER_WRONG_SIZE] = "";

	assert_int_equal(top_model_take_status(&model, status, now_ms, wrong), 0);
}

static json_t *row_of(json_t *status, const char *list, size_t i)
{
	return json_array_get(json_object_get(status, list), i);
}

/* What happens in two seconds. */
static void go_on(json_t *status)
{
	json_t *totals = json_object_get(status, "totals");
	json_t *worker = row_of(status, "workers", 0);

	json_object_set_new(totals, "accepted", json_integer(1030));
	json_object_set_new(totals, "received_bytes", json_integer(10123456788 + 123456));
	json_object_set_new(totals, "datagrams_received", json_integer(3900));
	json_object_set_new(row_of(status, "listeners", 0), "accepted", json_integer(1025));
	json_object_set_new(row_of(status, "listeners", 1), "datagrams_received",
			    json_integer(3900));
	json_object_set_new(worker, "accepted", json_integer(1030));
	json_object_set_new(worker, "loop_busy_us", json_integer(123456 + 740000));
	json_array_set_new(json_object_get(worker, "loop_turns"), 1, json_integer(900));
	json_array_set_new(json_object_get(worker, "loop_turns"), 13, json_integer(1));
}

static void take_first(void)
{
	json_t *status = answer_load("status-busy.json");

	take_status(status, 0);
	take_list(5, 0);
	json_decref(status);
}

static void take_both(void)
{
	json_t *status = answer_load("status-busy.json");

	take_first();
	go_on(status);
	take_status(status, 2000);
	take_list(2005, 4096);
	top_model_sort(&model, TOP_BY_RATE, false);
	json_decref(status);
}

static int set_up(void **state)
{
	(void)state;
	top_model_init(&model);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	top_model_fini(&model);
	return 0;
}

/* The caller's to free(). */
static char *page_of(const struct top_view *view)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(top_paint_page(&model, view, out), 0);
	fclose(out);
	return text;
}

static void expect_page(const struct top_view *view, const char *expected)
{
	char *text = page_of(view);

	assert_string_equal(text, expected);
	free(text);
}

static const struct top_view usual = { .columns = 80, .rows = 24, .interval_ms = 2000 };

/* ---- Pages ---- */

static void test_page_when_there_is_one_status_then_rates_are_not_known_yet(void **state)
{
	(void)state;
	take_first();
	expect_page(
	    &usual,
	    "echod 0.2.0 draining, pid 4242, up 2d 3h; every 2 s, by rate\n"
	    "connections  13 active, -/s new, -/s refused, 2 paused\n"
	    "bytes        -/s in, -/s out, 1.0 MiB pending\n"
	    "datagrams    -/s in, -/s out\n"
	    "loops        - busy, turns up to - (50%), - (99%), - (all)\n"
	    "keys: r rate b bytes i idle a age p pending R reverse space pause ? help q quit\n"
	    "\n"
	    "LISTENER  SERVICE  ENDPOINT            STATE    ACTIVE  CONN/s  IN/s  OUT/s\n"
	    "echo      echo     tcp 127.0.0.1:7     running      12       -     -      -\n"
	    "echo      echo     udp [::1]:7         running       0       -     -      -\n"
	    "local     discard  unix /run/x/d.sock  running       1       -     -      -\n"
	    "\n"
	    "WORKER   PID  STATE          ACTIVE  CONN/s  BUSY  TURN 50%  TURN 99%  TURN ALL\n"
	    "     0  4243  running, full      13       -     -         -         -         -\n"
	    "     1     -  dead                0       -     -         -         -         -\n"
	    "\n"
	    "           ID  LISTENER  PEER                            IDLE  IN/s  OUT/s\n"
	    "1099511627777  echo      127.0.0.1:40000                   1s     -      -\n"
	    "            1  echo      [2001:db8::1]:40001               1s     -      -\n"
	    "            2  echo      192.0.2.7:1234 via 127.0.0.1:9    1s     -      -\n");
}

static void test_page_when_there_are_two_then_rates_are_shown(void **state)
{
	(void)state;
	take_both();
	expect_page(
	    &usual,
	    "echod 0.2.0 draining, pid 4242, up 2d 3h; every 2 s, by rate\n"
	    "connections  13 active, 12.5/s new, 0.0/s refused, 2 paused\n"
	    "bytes        60.3 KiB/s in, 0 B/s out, 1.0 MiB pending\n"
	    "datagrams    1500/s in, 0.0/s out\n"
	    "loops        37% busy, turns up to 25 us (50%), 25 us (99%), 250 ms (all)\n"
	    "keys: r rate b bytes i idle a age p pending R reverse space pause ? help q quit\n"
	    "\n"
	    "LISTENER  SERVICE  ENDPOINT            STATE    ACTIVE  CONN/s  IN/s  OUT/s\n"
	    "echo      echo     tcp 127.0.0.1:7     running      12    12.5   0 B    0 B\n"
	    "echo      echo     udp [::1]:7         running       0     0.0   0 B    0 B\n"
	    "local     discard  unix /run/x/d.sock  running       1     0.0   0 B    0 B\n"
	    "\n"
	    "WORKER   PID  STATE          ACTIVE  CONN/s  BUSY  TURN 50%  TURN 99%  TURN ALL\n"
	    "     0  4243  running, full      13    12.5   37%     25 us     25 us    250 ms\n"
	    "     1     -  dead                0     0.0    0%         -         -         -\n"
	    "\n"
	    "           ID  LISTENER  PEER                            IDLE     IN/s    OUT/s\n"
	    "            1  echo      [2001:db8::1]:40001               1s  4.0 KiB  2.0 KiB\n"
	    "1099511627777  echo      127.0.0.1:40000                   1s  2.0 KiB  1.0 KiB\n"
	    "            2  echo      192.0.2.7:1234 via 127.0.0.1:9    1s      0 B      0 B\n");
}

static void test_page_when_it_is_narrow_and_low_then_the_dispensable_goes_first(void **state)
{
	const struct top_view small = { .columns = 40, .rows = 14, .interval_ms = 500 };

	(void)state;
	take_both();
	expect_page(
	    &small,
	    "echod 0.2.0 draining, pid 4242, up 2d 3h; every 0.5 s, by rate\n"
	    "connections  13 active, 12.5/s new, 0.0/s refused, 2 paused\n"
	    "bytes        60.3 KiB/s in, 0 B/s out, 1.0 MiB pending\n"
	    "datagrams    1500/s in, 0.0/s out\n"
	    "loops        37% busy, turns up to 25 us (50%), 25 us (99%), 250 ms (all)\n"
	    "keys: r rate b bytes i idle a age p pending R reverse space pause ? help q quit\n"
	    "\n"
	    "WORKER  ACTIVE  CONN/s  BUSY  TURN 99%\n"
	    "     0      13    12.5   37%     25 us\n"
	    "     1       0     0.0    0%         -\n"
	    "\n"
	    "           ID  PEER                 IN/s\n"
	    "            1  [2001:db8::1]:4~  4.0 KiB\n"
	    "... and 12 more\n");
}

static void test_page_when_it_is_tiny_then_its_head_is_left(void **state)
{
	const struct top_view tiny = { .columns = 20, .rows = 5, .interval_ms = 2000 };

	(void)state;
	take_both();
	expect_page(&tiny,
		    "echod 0.2.0 draining, pid 4242, up 2d 3h; every 2 s, by rate\n"
		    "connections  13 active, 12.5/s new, 0.0/s refused, 2 paused\n"
		    "bytes        60.3 KiB/s in, 0 B/s out, 1.0 MiB pending\n"
		    "datagrams    1500/s in, 0.0/s out\n"
		    "loops        37% busy, turns up to 25 us (50%), 25 us (99%), 250 ms (all)\n");
}

static void test_page_when_it_is_wide_then_every_column_is_there(void **state)
{
	const struct top_view wide = { .columns = 200,
				       .rows = 50,
				       .interval_ms = 60000,
				       .paused = true,
				       .order = TOP_BY_AGE,
				       .reverse = true };

	(void)state;
	take_both();
	expect_page(
	    &wide,
	    "echod 0.2.0 draining, pid 4242, up 2d 3h; every 60 s, by age reversed, PAUSED\n"
	    "connections  13 active, 12.5/s new, 0.0/s refused, 2 paused\n"
	    "bytes        60.3 KiB/s in, 0 B/s out, 1.0 MiB pending\n"
	    "datagrams    1500/s in, 0.0/s out\n"
	    "loops        37% busy, turns up to 25 us (50%), 25 us (99%), 250 ms (all)\n"
	    "keys: r rate b bytes i idle a age p pending R reverse space pause ? help q quit\n"
	    "\n"
	    "LISTENER  SERVICE  ENDPOINT            STATE    ACTIVE  CONN/s  IN/s  OUT/s  DGRAM/s\n"
	    "echo      echo     tcp 127.0.0.1:7     running      12    12.5   0 B    0 B        -\n"
	    "echo      echo     udp [::1]:7         running       0     0.0   0 B    0 B     1500\n"
	    "local     discard  unix /run/x/d.sock  running       1     0.0   0 B    0 B        -\n"
	    "\n"
	    "WORKER   PID  STATE          ACTIVE  CONN/s  PENDING  BUSY  TURN 50%  TURN 99%  TURN ALL\n"
	    "     0  4243  running, full      13    12.5  1.0 MiB   37%     25 us     25 us    250 ms\n"
	    "     1     -  dead                0     0.0      0 B    0%         -         -         -\n"
	    "\n"
	    "           ID  LISTENER  PEER                            STATE      AGE  IDLE     IN/s    OUT/s  RECEIVED     SENT  PENDING\n"
	    "            1  echo      [2001:db8::1]:40001             open    1m 40s    1s  4.0 KiB  2.0 KiB   4.8 MiB  2.4 MiB     10 B\n"
	    "1099511627777  echo      127.0.0.1:40000                 open   21h 35m    1s  2.0 KiB  1.0 KiB   5.0 KiB  2.5 KiB     10 B\n"
	    "            2  echo      192.0.2.7:1234 via 127.0.0.1:9  open    3m 20s    1s      0 B      0 B       0 B      0 B     10 B\n");
}

static void test_page_when_a_limit_is_given_then_no_more_connections(void **state)
{
	struct top_view view = usual;
	char *text;

	(void)state;
	take_both();
	view.limit = 1;
	text = page_of(&view);
	assert_non_null(strstr(text, "2001:db8::1"));
	assert_null(strstr(text, "127.0.0.1:40000"));
	assert_null(strstr(text, "192.0.2.7"));
	assert_null(strstr(text, "more"));
	free(text);
}

static void test_page_when_help_is_wanted_then_every_key_is_told(void **state)
{
	struct top_view view = usual;
	char *text;

	(void)state;
	take_both();
	view.help = true;
	text = page_of(&view);
	assert_non_null(strstr(text, "  r       those that move most bytes now\n"));
	assert_non_null(strstr(text, "  space   stop the screen, and go on\n"));
	assert_null(strstr(text, "LISTENER"));
	free(text);
}

static void test_page_when_there_is_no_list_then_it_says_why(void **state)
{
	char *text;

	(void)state;
	take_both();
	top_model_no_list(&model, "no list of connections: no answer in time");
	text = page_of(&usual);
	assert_non_null(strstr(text, "\nno list of connections: no answer in time\n"));
	free(text);
}

/* ---- Texts from outside ---- */

static void test_text_when_it_is_not_printable_then_no_byte_of_it_gets_out(void **state)
{
	char plain[TOP_TEXT_SIZE], longer[300];

	(void)state;
	assert_string_equal(top_text_plain("a\033[2Jb\n\x7f\tc", plain), "a?[2Jb???c");
	assert_string_equal(top_text_plain("\xc3\xa9t\xc3\xa9 \xc2\x9b \xf0\x9f\x90\xb0!", plain),
			    "?t? ? ?!");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(strlen(top_text_plain(longer, plain)), TOP_TEXT_SIZE - 1);
	assert_int_equal(plain[TOP_TEXT_SIZE - 2], '~');
}

static void expect_rate(double rate, const char *expected)
{
	char text[RENDER_TEXT_SIZE];

	assert_string_equal(top_text_rate(true, rate, text), expected);
}

static void test_rate_when_it_is_large_then_it_stays_short(void **state)
{
	char text[RENDER_TEXT_SIZE];

	(void)state;
	expect_rate(0, "0.0");
	expect_rate(99.94, "99.9");
	expect_rate(99.96, "100");
	expect_rate(999999.4, "999999");
	expect_rate(999999.6, "1.0M");
	assert_string_equal(top_text_rate(false, 5, text), "-");
	assert_string_equal(top_text_byte_rate(true, 1535.6, text), "1.5 KiB");
}

static void test_limit_when_it_is_said_then_in_a_fitting_unit(void **state)
{
	static const int64_t limits[] = { 250, 2500, 10000000 };
	char text[RENDER_TEXT_SIZE];

	(void)state;
	assert_string_equal(top_text_limit(true, 250, limits, 4, text), "250 us");
	assert_string_equal(top_text_limit(true, 2500, limits, 4, text), "2.5 ms");
	assert_string_equal(top_text_limit(true, 10000000, limits, 4, text), "10 s");
	assert_string_equal(top_text_limit(true, INT64_MAX, limits, 4, text), ">10 s");
	assert_string_equal(top_text_limit(false, 250, limits, 4, text), "-");
}

/* ---- Frames ---- */

static char *frame_of(const char *page, const struct top_view *view, bool clear)
{
	char *text;
	size_t length;

	assert_int_equal(top_paint_frame(page, view, clear, &text, &length), 0);
	assert_int_equal(strlen(text), length);
	return text;
}

static void expect_frame(const char *page, int columns, int rows, bool clear, const char *expected)
{
	const struct top_view view = { .columns = columns, .rows = rows };
	char *text = frame_of(page, &view, clear);

	assert_string_equal(text, expected);
	free(text);
}

static void test_frame_when_lines_are_shorter_then_what_was_behind_them_is_erased(void **state)
{
	(void)state;
	expect_frame("one\ntwo\n", 5, 4, false, "\033[Hone\033[K\r\ntwo\033[K\r\n\033[J");
	expect_frame("one\n", 5, 4, true, "\033[2J\033[Hone\033[K\r\n\033[J");
}

static void
test_frame_when_a_line_is_as_wide_as_the_screen_then_its_last_character_stays(void **state)
{
	(void)state;
	expect_frame("12345\n123456\n", 5, 4, false, "\033[H12345\r\n12345\r\n\033[J");
}

static void test_frame_when_it_fills_the_screen_then_nothing_scrolls(void **state)
{
	(void)state;
	expect_frame("a\nb\nc\n", 5, 2, false, "\033[Ha\033[K\r\nb\033[K");
}

static void test_frame_when_a_coloured_line_is_cut_then_the_colour_ends(void **state)
{
	(void)state;
	expect_frame("\033[1mabc\033[0mdef\n", 4, 1, false, "\033[H\033[1mabc\033[0md\033[0m");
	expect_frame("\033[1mabcdef\033[0m\n", 3, 1, false, "\033[H\033[1mabc\033[0m");
	expect_frame("\033[1mabc\033[0m\n", 3, 1, false, "\033[H\033[1mabc\033[0m");
}

/* Plays a frame: how far the cursor comes, and that nothing else is in it. */
static void play(const char *frame, const struct top_view *view)
{
	static const char *const known[] = { "\033[H",	 "\033[2J",  "\033[K",
					     "\033[J",	 "\033[0m",  "\033[1m",
					     "\033[31m", "\033[32m", "\033[33m" };
	int row = 0, column = 0;

	while (*frame) {
		size_t i = 0, n = sizeof(known) / sizeof(known[0]);

		while (i < n && strncmp(frame, known[i], strlen(known[i])) != 0)
			i++;
		if (i < n) {
			frame += strlen(known[i]);
			continue;
		}
		if (strncmp(frame, "\r\n", 2) == 0) {
			frame += 2;
			column = 0;
			assert_true(++row < view->rows);
			continue;
		}
		assert_in_range(*frame, ' ', '~');
		assert_true(++column <= view->columns);
		frame++;
	}
}

static void test_frame_when_it_has_any_size_then_it_stays_inside(void **state)
{
	(void)state;
	take_both();
	for (int rows = 1; rows < 40; rows++)
		for (int columns = 1; columns < 140; columns += 1 + columns / 30) {
			struct top_view view = { .columns = columns,
						 .rows = rows,
						 .colors = (rows + columns) % 2,
						 .help = columns % 7 == 0,
						 .interval_ms = 2000 };
			char *page = page_of(&view);
			char *frame = frame_of(page, &view, rows % 2);

			play(frame, &view);
			free(page);
			free(frame);
		}
}

/* A peer, a listener and a state that want to be more than text. */
static void test_frame_when_the_daemon_sends_sequences_then_none_gets_out(void **state)
{
	static const char bad[] = "\033[31mx\033]0;t\007\xc2\x9b\r\n\x7f";
	json_t *status = answer_load("status-quiet.json");
	json_t *page = json_pack("{s:[o]}", "connections", connection(1, bad, bad, 1));
	const struct top_view view = { .columns = 200, .rows = 50, .interval_ms = 2000 };
	char wrong[RENDER_WRONG_SIZE] = "";
	char *text, *frame;

	(void)state;
	json_object_set_new(status, "state", json_string(bad));
	json_object_set_new(status, "version", json_string(bad));
	json_object_set_new(row_of(status, "workers", 0), "state", json_string(bad));
	json_object_set_new(row_of(status, "listeners", 0), "name", json_string(bad));
	json_object_set_new(row_of(status, "listeners", 0), "state", json_string(bad));
	json_object_set_new(row_of(status, "listeners", 0), "service", json_string(bad));
	json_object_set_new(row_of(status, "listeners", 0), "address", json_null());
	json_object_set_new(row_of(status, "listeners", 0), "path", json_string(bad));
	take_status(status, 0);
	assert_int_equal(top_model_take_page(&model, page, wrong), 0);
	assert_int_equal(top_model_end_list(&model, true, 0), 0);
	text = page_of(&view);
	assert_null(strchr(text, '\033'));
	frame = frame_of(text, &view, false);
	play(frame, &view);
	free(text);
	free(frame);
	json_decref(page);
	json_decref(status);
}

/* ---- Lines ---- */

static void test_line_when_printed_then_it_stands_below_its_heading(void **state)
{
	const struct top_view view = { .columns = 0 }, narrow = { .columns = 30 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	take_both();
	assert_int_equal(top_paint_heading(&view, out), 0);
	assert_int_equal(top_paint_line(&model, &view, 1700000000, out), 0);
	assert_int_equal(top_paint_line(&model, &narrow, 1700000000, out), 0);
	fclose(out);
	assert_string_equal(
	    text,
	    "TIME                 STATE      ACTIVE  CONN/s REFUS/s       IN/s      OUT/s  DGRAM/s  BUSY TURN99%\n"
	    "2023-11-14T22:13:20Z draining       13    12.5     0.0   60.3 KiB        0 B     1500   37%   25 us\n"
	    "2023-11-14T22:13:20Z draining\n");
	free(text);
}

static void test_line_when_it_is_narrow_then_no_number_is_cut(void **state)
{
	static const int widths[] = { 80, 75, 64, 38, 37, 20, 19 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	take_both();
	for (size_t i = 0; i < ARRAY_LENGTH(widths); i++) {
		const struct top_view view = { .columns = widths[i] };

		if (i == 0)
			assert_int_equal(top_paint_heading(&view, out), 0);
		assert_int_equal(top_paint_line(&model, &view, 1700000000, out), 0);
	}
	fclose(out);
	assert_string_equal(
	    text, "TIME                 STATE      ACTIVE  CONN/s REFUS/s       IN/s      OUT/s\n"
		  "2023-11-14T22:13:20Z draining       13    12.5     0.0   60.3 KiB        0 B\n"
		  "2023-11-14T22:13:20Z draining       13    12.5     0.0   60.3 KiB\n"
		  "2023-11-14T22:13:20Z draining       13    12.5     0.0\n"
		  "2023-11-14T22:13:20Z draining       13\n"
		  "2023-11-14T22:13:20Z draining\n"
		  "2023-11-14T22:13:20Z\n"
		  "2023-11-14T22:13:20\n");
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_page_when_there_is_one_status_then_rates_are_not_known_yet),
		TEST(test_page_when_there_are_two_then_rates_are_shown),
		TEST(test_page_when_it_is_narrow_and_low_then_the_dispensable_goes_first),
		TEST(test_page_when_it_is_tiny_then_its_head_is_left),
		TEST(test_page_when_it_is_wide_then_every_column_is_there),
		TEST(test_page_when_a_limit_is_given_then_no_more_connections),
		TEST(test_page_when_help_is_wanted_then_every_key_is_told),
		TEST(test_page_when_there_is_no_list_then_it_says_why),
		TEST(test_text_when_it_is_not_printable_then_no_byte_of_it_gets_out),
		TEST(test_rate_when_it_is_large_then_it_stays_short),
		TEST(test_limit_when_it_is_said_then_in_a_fitting_unit),
		TEST(test_frame_when_lines_are_shorter_then_what_was_behind_them_is_erased),
		TEST(test_frame_when_a_line_is_as_wide_as_the_screen_then_its_last_character_stays),
		TEST(test_frame_when_it_fills_the_screen_then_nothing_scrolls),
		TEST(test_frame_when_a_coloured_line_is_cut_then_the_colour_ends),
		TEST(test_frame_when_it_has_any_size_then_it_stays_inside),
		TEST(test_frame_when_the_daemon_sends_sequences_then_none_gets_out),
		TEST(test_line_when_printed_then_it_stands_below_its_heading),
		TEST(test_line_when_it_is_narrow_then_no_number_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
