/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_render: fixed answers in, exact text out; and every field of a status taken away or changed
 * in turn, which must be named and leave nothing printed.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/render.h"
#include "echoctl/render_table.h"
#include "tests/echoctl/answers.h"

/* What a rendering printed, to be freed. */
static char *rendered(const json_t *answer, bool color, int expected,
		      char wrong[static RENDER_WRONG_SIZE])
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	wrong[0] = '\0';
	assert_int_equal(render_status(answer, color, out, wrong), expected);
	fclose(out);
	return text;
}

static void check_status(const char *name, bool color, const char *expected)
{
	json_t *answer = answer_load(name);
	char wrong[RENDER_WRONG_SIZE];
	char *text = rendered(answer, color, 0, wrong);

	assert_string_equal(text, expected);
	free(text);
	json_decref(answer);
}

static void test_status_when_quiet_then_only_the_needful_is_shown(void **state)
{
	(void)state;
	check_status(
	    "status-quiet.json", false,
	    "echod 0.1.0 running, pid 4242, up 3m 7s\n"
	    "selector epoll, user echod, configuration from the command line (generation 1)\n"
	    "control socket /run/echod/control.sock, PID file /run/echod/echod.pid\n"
	    "log level info\n"
	    "\n"
	    "LISTENER  SERVICE  ENDPOINT       STATE    ACTIVE  ACCEPTED  REJECTED  RECEIVED  SENT\n"
	    "echo      echo     tcp 0.0.0.0:7  running       0         0         0       0 B   0 B\n"
	    "\n"
	    "WORKER   PID  STATE    SLOTS  ACTIVE  ACCEPTED  PENDING  FILES\n"
	    "     0  4243  running  0           0         0      0 B   1024\n"
	    "\n"
	    "connections  0 accepted, 0 active, 0 closed, 0 rejected\n"
	    "bytes        0 B received, 0 B sent, 0 B pending\n"
	    "control      1 connected\n");
}

static void test_status_when_busy_then_everything_has_its_place(void **state)
{
	(void)state;
	check_status(
	    "status-busy.json", false,
	    "echod 0.2.0 draining, pid 4242, up 2d 3h\n"
	    "selector poll, user nobody, configuration /etc/echod/echod.conf (generation 3)\n"
	    "control socket /run/echod/control.sock, PID file /run/echod/echod.pid\n"
	    "metrics at http://[::1]:9007/\n"
	    "log level debug, info again in 5m 0s\n"
	    "last reload 1m 40s ago: failed, line?7\n"
	    "drain begun 42s ago, connections ended over 30s, 3 connections closed by its timeout, 1.0 MiB unsent\n"
	    "\n"
	    "LISTENER  SERVICE  ENDPOINT            STATE    ACTIVE  ACCEPTED  REJECTED   RECEIVED"
	    "       SENT  DATAGRAMS  ANSWERED  DROPPED\n"
	    "echo      echo     tcp 127.0.0.1:7     running      12      1000         3  117.7 MiB"
	    "  117.7 MiB          0         0        0\n"
	    "echo      echo     udp [::1]:7         running       0         0         0     1023 B"
	    "    1.0 KiB        900       890       10\n"
	    "local     discard  unix /run/x/d.sock  running       1         5         0    9.3 GiB"
	    "        0 B          0         0        0\n"
	    "\n"
	    "WORKER   PID  STATE          SLOTS  ACTIVE  ACCEPTED  PENDING  PAUSED  FILES  RESTARTS\n"
	    "     0  4243  running, full  0,1        13      1005  1.0 MiB       2  20000         0\n"
	    "     1     -  dead           -           0         0      0 B       0  20000         4\n"
	    "\n"
	    "connections  1005 accepted, 13 active, 992 closed (peer 990, worker_lost 2), 3 rejected"
	    " (limit 3), 1 not accepted (EMFILE 1)\n"
	    "bytes        9.4 GiB received, 117.7 MiB sent, 1.0 MiB pending, 2 connections paused\n"
	    "datagrams    900 received, 890 answered, 10 dropped (rate 10)\n"
	    "workers      4 restarted\n"
	    "control      2 connected, 1 dropped, 3 malformed\n"
	    "http         3 connected, 40 accepted, 2 rejected, 4 timed out, 1 not accepted\n");
}

/* Times are cut to whole seconds, so that what has just been may seem to lie ahead; and half a second is
 * not nothing. */
static void test_status_when_something_has_just_been_then_it_is_no_time_ago(void **state)
{
	json_t *answer = answer_load("status-busy.json");
	json_t *drain = json_object_get(answer, "drain"), *reload;
	const json_int_t now_s = json_integer_value(json_object_get(answer, "start_time_s")) +
				 json_integer_value(json_object_get(answer, "uptime_s"));
	char wrong[RENDER_WRONG_SIZE], *text;

	(void)state;
	reload = json_object_get(answer, "last_reload");
	json_object_set_new(reload, "time_s", json_integer(now_s + 1));
	json_object_set_new(drain, "time_s", json_integer(now_s + 1));
	json_object_set_new(drain, "timed_out", json_false());
	json_object_set_new(drain, "timeout_ms", json_integer(500));
	json_object_set_new(drain, "spread_ms", json_integer(1));
	text = rendered(answer, false, 0, wrong);
	assert_non_null(strstr(text, "\nlast reload 0s ago: "));
	assert_non_null(
	    strstr(text, "\ndrain begun 0s ago, connections ended over 1s, timeout after 1s\n"));
	free(text);
	json_decref(answer);
}

static void test_status_when_on_a_terminal_then_states_are_coloured(void **state)
{
	json_t *answer = answer_load("status-busy.json");
	char wrong[RENDER_WRONG_SIZE];
	char *text = rendered(answer, true, 0, wrong);

	(void)state;
	assert_non_null(strstr(text, "echod 0.2.0 \033[33mdraining\033[0m, pid"));
	assert_non_null(strstr(text, "\033[1mLISTENER\033[0m  \033[1mSERVICE\033[0m  "));
	assert_non_null(strstr(text, "\033[32mrunning\033[0m      12"));
	assert_non_null(strstr(text, "\033[31mrunning, full\033[0m  0,1"));
	assert_non_null(strstr(text, "\033[31mdead\033[0m           -"));
	free(text);
	json_decref(answer);
}

/* ---- Answers of another version ---- */

static bool is_optional(const char *name)
{
	static const char *const names[] = { "config_file", "last_reload", "message",	"address",
					     "port",	    "path",	   "pid",	"drain",
					     "metrics_url", "timeout_ms",  "spread_ms", "left_ms",
					     "http" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* What the status says of the loops is for `echoctl top`. */
static bool is_shown(const char *name)
{
	return strncmp(name, "loop_", strlen("loop_")) != 0;
}

static void assert_named(const json_t *answer, const char *field)
{
	char wrong[RENDER_WRONG_SIZE];
	char *text = rendered(answer, false, -EPROTO, wrong);

	assert_string_equal(text, "");
	if (!strstr(wrong, field))
		fail_msg("'%s' does not name %s", wrong, field);
	free(text);
}

/* Spoils each member of this object in turn. Reasons may be missing, not mistyped. */
static size_t spoil(const json_t *answer, json_t *object, bool reasons)
{
	json_t *copy = json_copy(object);
	size_t spoiled = 0;
	const char *name;
	json_t *value;

	json_object_foreach(copy, name, value)
	{
		if (!is_shown(name))
			continue;
		json_object_set_new(object, name,
				    json_array_size(value) ? json_true() : json_array());
		if (!json_is_array(value) || json_array_size(value) > 0) {
			assert_named(answer, name);
			spoiled++;
		}
		json_object_del(object, name);
		if (!reasons && !is_optional(name))
			assert_named(answer, name);
		json_object_set(object, name, value);
	}
	json_decref(copy);
	return spoiled;
}

static void test_status_when_a_field_is_missing_or_mistyped_then_it_is_named(void **state)
{
	json_t *answer = answer_load("status-busy.json");
	json_t *totals = json_object_get(answer, "totals");
	size_t spoiled;

	(void)state;
	spoiled = spoil(answer, json_object_get(answer, "last_reload"), false);
	spoiled += spoil(answer, json_object_get(answer, "drain"), false);
	spoiled += spoil(answer, json_object_get(answer, "control"), false);
	spoiled += spoil(answer, json_object_get(answer, "http"), false);
	spoiled += spoil(answer, totals, false);
	spoiled += spoil(answer, json_object_get(totals, "closed"), true);
	spoiled += spoil(answer, json_array_get(json_object_get(answer, "workers"), 0), false);
	spoiled += spoil(answer, json_array_get(json_object_get(answer, "listeners"), 0), false);
	spoiled += spoil(answer, answer, false);
	assert_true(spoiled > 60);
	json_decref(answer);
}

static void test_status_when_it_is_empty_then_says_so(void **state)
{
	json_t *answer = json_object();

	(void)state;
	assert_named(answer, "missing");
	json_decref(answer);
}

/* ---- The small ones ---- */

static void test_version_then_is_one_line(void **state)
{
	json_t *answer = json_pack("{s:s, s:s}", "product", "echod", "version", "1.0\033[31m");
	char wrong[RENDER_WRONG_SIZE] = "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(render_version(answer, true, out, wrong), 0);
	json_object_del(answer, "version");
	assert_int_equal(render_version(answer, true, out, wrong), -EPROTO);
	assert_string_equal(wrong, "'version' is missing");
	assert_int_equal(render_json(answer, false, out), 0);
	assert_int_equal(render_json(answer, true, out), 0);
	fclose(out);
	assert_string_equal(text, "echod 1.0?[31m\n{\"product\":\"echod\"}\n{\n  \"product\": "
				  "\"echod\"\n}\n");
	free(text);
	json_decref(answer);
}

static void test_bytes_then_keep_their_unit_below_1024(void **state)
{
	char text[RENDER_TEXT_SIZE];

	(void)state;
	assert_string_equal(render_bytes(0, text), "0 B");
	assert_string_equal(render_bytes(1023, text), "1023 B");
	assert_string_equal(render_bytes(1024, text), "1.0 KiB");
	assert_string_equal(render_bytes(1024 * 1024 - 1, text), "1.0 MiB");
	assert_string_equal(render_bytes(INT64_MAX, text), "8.0 EiB");
}

static void test_duration_then_shows_its_two_largest_units(void **state)
{
	char text[RENDER_TEXT_SIZE];

	(void)state;
	assert_string_equal(render_duration(0, text), "0s");
	assert_string_equal(render_duration(59, text), "59s");
	assert_string_equal(render_duration(60, text), "1m 0s");
	assert_string_equal(render_duration(3600, text), "1h 0m");
	assert_string_equal(render_duration(90061, text), "1d 1h");
}

static char *printed(struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	table_print(t, false, out);
	fclose(out);
	table_fini(t);
	return text;
}

static const struct table_column path_columns[] = {
	{ .heading = "PATH" },
	{ .heading = "PORT", .right = true, .drop_late = 1 },
	{ .heading = "STATE", .drop_late = 2 },
};

static void add_paths(struct table *t)
{
	table_init(t, path_columns, ARRAY_LENGTH(path_columns));
	table_add(t, COLOR_NONE, "%s", "/run/\303\274ber\342\234\223.sock");
	table_add(t, COLOR_NONE, "%s", "7");
	table_add(t, COLOR_NONE, "%s", "open");
	table_add(t, COLOR_NONE, "%s", "/run/a\033b\302\233c.sock");
	table_add(t, COLOR_NONE, "%s", "77");
	table_add(t, COLOR_NONE, "%s", "open");
}

static void test_table_when_a_text_is_utf_8_then_columns_are_straight(void **state)
{
	struct table t;
	char *text;

	(void)state;
	add_paths(&t);
	text = printed(&t);
	assert_string_equal(text, "PATH              PORT  STATE\n"
				  "/run/\303\274ber\342\234\223.sock      7  open\n"
				  "/run/a?b??c.sock    77  open\n");
	free(text);
}

static void test_table_when_a_text_is_cut_then_its_characters_are_whole(void **state)
{
	struct table t;
	char *text;

	(void)state;
	add_paths(&t);
	t.room = 22;
	text = printed(&t);
	assert_string_equal(text, "PATH       PORT  STATE\n"
				  "/run/\303\274be~     7  open\n"
				  "/run/a?b~    77  open\n");
	free(text);
}

static void test_table_when_cutting_is_not_enough_then_the_last_columns_go(void **state)
{
	struct table t;
	char *text;

	(void)state;
	add_paths(&t);
	t.room = 20;
	text = printed(&t);
	assert_string_equal(text, "PATH            PORT\n"
				  "/run/\303\274ber\342\234\223.so~     7\n"
				  "/run/a?b??c.s~    77\n");
	free(text);
}

static void test_print_when_a_text_has_controls_then_none_is_printed(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	render_print("a\033[1m\302\233b\177\302\240c", out);
	fclose(out);
	assert_string_equal(text, "a?[1m?b?\302\240c");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_when_quiet_then_only_the_needful_is_shown),
		cmocka_unit_test(test_status_when_busy_then_everything_has_its_place),
		cmocka_unit_test(test_status_when_something_has_just_been_then_it_is_no_time_ago),
		cmocka_unit_test(test_status_when_on_a_terminal_then_states_are_coloured),
		cmocka_unit_test(test_status_when_a_field_is_missing_or_mistyped_then_it_is_named),
		cmocka_unit_test(test_status_when_it_is_empty_then_says_so),
		cmocka_unit_test(test_table_when_a_text_is_utf_8_then_columns_are_straight),
		cmocka_unit_test(test_table_when_a_text_is_cut_then_its_characters_are_whole),
		cmocka_unit_test(test_table_when_cutting_is_not_enough_then_the_last_columns_go),
		cmocka_unit_test(test_print_when_a_text_has_controls_then_none_is_printed),
		cmocka_unit_test(test_version_then_is_one_line),
		cmocka_unit_test(test_bytes_then_keep_their_unit_below_1024),
		cmocka_unit_test(test_duration_then_shows_its_two_largest_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
