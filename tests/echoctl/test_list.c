/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_list: pages of rows in, exact text out, in each form; and rows that are not what they should be.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/list.h"
#include "echoctl/options.h"

static const struct list_column columns[] = {
	{ .field = "id", .heading = "ID", .kind = LIST_INTEGER },
	{ .field = "name", .heading = "NAME", .optional = true, .drop = 1 },
	{ .field = "peer", .heading = "PEER", .kind = LIST_PEER },
	{ .field = "worker", .kind = LIST_INTEGER },
	{ .field = "age_ms", .heading = "AGE", .kind = LIST_MS, .drop = 2 },
	{ .field = "rtt_us", .inside = "tcp", .heading = "RTT", .kind = LIST_US },
};

#define ROW(id, name, peer, proxied, tcp)                                                  \
	"{\"id\":" id ",\"name\":" name ",\"peer\":\"" peer "\",\"proxied_peer\":" proxied \
	",\"worker\":1,\"age_ms\":61000,\"tcp\":" tcp "}"

static const char *const pages[] = {
	"{\"rows\":[" ROW("1", "null", "10.0.0.1:5", "null", "null") "]}",
	"{\"rows\":[" ROW("1000", "\"a, \\\"b\\\"\"", "10.0.0.1:5", "\"[::1]:99\"",
			  "{\"rtt_us\":1500}") "]}",
	"{\"rows\":[]}",
};

/* What the pages look like, to be freed. */
static char *listed(const struct options *options, const char *without, int room)
{
	char wrong[RENDER_WRONG_SIZE] = "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct list list;

	assert_non_null(out);
	list_begin(&list, "rows", columns, ARRAY_LENGTH(columns), without, options, out, wrong);
	list.table.room = room;
	for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
		json_t *page = json_loads(pages[i], 0, NULL);

		assert_int_equal(list_page(&list, page), 0);
		json_decref(page);
	}
	list_end(&list, true, NULL);
	fclose(out);
	return text;
}

static void check(const struct options *options, const char *without, int room,
		  const char *expected)
{
	char *text = listed(options, without, room);

	assert_string_equal(text, expected);
	free(text);
}

static void test_table_when_rows_come_in_pages_then_it_goes_on_below(void **state)
{
	(void)state;
	check(&(struct options){ .no_color = true }, NULL, 0,
	      "ID  NAME  PEER          AGE  RTT\n"
	      " 1  -     10.0.0.1:5  1m 1s    -\n"
	      "1000  a, \"b\"  [::1]:99 via 10.0.0.1:5  1m 1s  1.500 ms\n");
	check(&(struct options){ .no_color = true, .no_headings = true }, "tcp", 0,
	      "1  -  10.0.0.1:5  1m 1s\n"
	      "1000  a, \"b\"  [::1]:99 via 10.0.0.1:5  1m 1s\n");
}

static void test_table_when_room_is_short_then_the_most_dispensable_go_first(void **state)
{
	(void)state;
	check(&(struct options){ .no_color = true }, "tcp", 29,
	      "ID  NAME  PEER          AGE\n"
	      " 1  -     10.0.0.1:5  1m 1s\n"
	      "1000  a, \"b\"  [::1]:9~  1m 1s\n");
	check(&(struct options){ .no_color = true }, "tcp", 22,
	      "ID  NAME  PEER\n"
	      " 1  -     10.0.0.1:5\n"
	      "1000  a, \"b\"  [::1]:9~\n");
	check(&(struct options){ .no_color = true }, "tcp", 14,
	      "ID  PEER\n"
	      " 1  10.0.0.1:5\n"
	      "1000  [::1]:9~\n");
}

static void test_csv_then_has_every_field_and_quotes_what_needs_it(void **state)
{
	(void)state;
	check(&(struct options){ .csv = true }, "tcp", 0,
	      "id,name,peer,worker,age_ms,tcp_rtt_us\n"
	      "1,,10.0.0.1:5,1,61000,\n"
	      "1000,\"a, \"\"b\"\"\",10.0.0.1:5,1,61000,1500\n");
}

static void test_json_then_is_one_object_with_a_row_on_each_line(void **state)
{
	char *text = listed(&(struct options){ .json = true }, NULL, 0);
	json_t *object = json_loads(text, 0, NULL);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(object, "rows")), 2);
	assert_non_null(strstr(text, "{\"rows\":[\n{\"id\":1,"));
	assert_non_null(strstr(text, "},\n{\"id\":1000,"));
	assert_non_null(strstr(text, "}}\n]}\n"));
	json_decref(object);
	free(text);
}

static void test_rows_when_one_is_not_as_expected_then_it_is_named(void **state)
{
	static const char *const bad[][2] = {
		{ "{}", "'rows' is missing" },
		{ "{\"rows\":{}}", "'rows' is no list" },
		{ "{\"rows\":[{}]}", "'rows[0].id' is missing" },
		{ "{\"rows\":[" ROW("\"1\"", "null", "", "null", "null") "]}",
		  "'rows[0].id' is no integer" },
		{ "{\"rows\":[" ROW("1", "2", "", "null", "null") "]}",
		  "'rows[0].name' is no text" },
		{ "{\"rows\":[" ROW("1", "null", "", "null", "{}") "]}",
		  "'rows[0].rtt_us' is missing" },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LENGTH(bad); i++) {
		const struct options options = { .csv = i % 2, .no_color = true };
		char wrong[RENDER_WRONG_SIZE] = "";
		json_t *page = json_loads(bad[i / 2][0], 0, NULL);
		FILE *out = fopen("/dev/null", "w");
		struct list list;

		list_begin(&list, "rows", columns, ARRAY_LENGTH(columns), NULL, &options, out,
			   wrong);
		assert_int_equal(list_page(&list, page), -EPROTO);
		assert_string_equal(wrong, bad[i / 2][1]);
		list_end(&list, false, NULL);
		fclose(out);
		json_decref(page);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_when_rows_come_in_pages_then_it_goes_on_below),
		cmocka_unit_test(test_table_when_room_is_short_then_the_most_dispensable_go_first),
		cmocka_unit_test(test_csv_then_has_every_field_and_quotes_what_needs_it),
		cmocka_unit_test(test_json_then_is_one_object_with_a_row_on_each_line),
		cmocka_unit_test(test_rows_when_one_is_not_as_expected_then_it_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
