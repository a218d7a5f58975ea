/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_page: the status page shows what GetStatus answers, and nothing of it can become markup.
 */
#include "tests/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "src/echod/handlers.h"

enum {
	START_MS = 1000000
};

/* A status of the tests of echoctl; the caller's reference. */
static json_t *load_status(const char *name)
{
	const char *directory = getenv("top_srcdir");
	json_error_t error;
	char path[4096];
	json_t *status;

	snprintf(path, sizeof(path), "%s/tests/echoctl/%s", directory ? directory : ".", name);
	status = json_load_file(path, 0, &error);
	if (!status)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return status;
}

static char *render(const json_t *status)
{
	struct page_rates rates;
	char *page;

	page_rates_init(&rates, START_MS);
	page = handlers_page(status, &rates, START_MS + 10000);
	assert_non_null(page);
	return page;
}

static void assert_shows(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("the page lacks: %s\n%s", text, page);
}

static void assert_lacks(const char *page, const char *text)
{
	if (strstr(page, text))
		fail_msg("the page has: %s\n%s", text, page);
}

static void test_page_when_busy_then_each_part_shows_it(void **state)
{
	json_t *status = load_status("status-busy.json");
	CLEANUP_FREE char *page = render(status);

	(void)state;
	assert_shows(page, "<title>echod: draining</title>");
	assert_shows(page, "up 2 d 3 h, process 4242");
	assert_shows(page, "<bdi>/etc/echod/echod.conf</bdi>, generation 3.");
	assert_shows(page, "New connections are refused; those that are open go on.");
	assert_shows(page, "changed nothing: <bdi>line\\x0a7</bdi>");
	assert_shows(page, "<dt>Workers alive</dt><dd>1 of 2</dd>");
	assert_shows(page, "<th scope=\"row\">Worker 1</th>");
	assert_shows(page, "<span class=\"tag dead\">dead</span>");
	assert_shows(page, "<span class=\"tag full\">full</span>");
	assert_shows(page, "<td data-label=\"Slots\"><span>0, 1</span></td>");
	assert_shows(page, "<td data-label=\"Slots\"><span>none</span></td>");
	json_decref(status);
}

static void test_page_when_quiet_then_no_note(void **state)
{
	json_t *status = load_status("status-quiet.json");
	CLEANUP_FREE char *page = render(status);

	(void)state;
	assert_lacks(page, "class=\"note");
	assert_shows(page, "<h3>Connections refused: 0</h3>");
	json_decref(status);
}

/* Every reason of every list, 0 included. */
static void test_page_when_rendered_then_each_reason_with_its_count(void **state)
{
	static const char *const lists[] = { "closed", "rejected", "accept_errors",
					     "datagrams_dropped" };
	json_t *status = load_status("status-busy.json");
	json_t *totals = json_object_get(status, "totals");
	CLEANUP_FREE char *page = NULL;
	char expected[128];
	const char *word;
	json_t *count;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
		json_object_foreach(json_object_get(totals, lists[i]), word, count)
		    json_integer_set(count, (json_int_t)(strlen(word) + 100 * i));
	page = render(status);
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		json_object_foreach(json_object_get(totals, lists[i]), word, count)
		{
			snprintf(expected, sizeof(expected), "<div><dt>%s</dt><dd>%zu</dd></div>",
				 word, strlen(word) + 100 * i);
			assert_shows(page, expected);
		}
	}
	json_decref(status);
}

#define EVIL	   "\"><script>alert('1')</script>&\x01\x1b\n"
#define EVIL_SHOWN "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\\x01\\x1b\\x0a"

/* Replaces every text of the answer; returns how many there were. */
static size_t poison(json_t *value)
{
	const char *name;
	size_t n = 0, i;
	void *next;
	json_t *part;

	if (json_is_string(value)) {
		json_string_set(value, EVIL);
		return 1;
	}
	json_object_foreach_safe(value, next, name, part) n += poison(part);
	json_array_foreach(value, i, part) n += poison(part);
	return n;
}

static size_t count(const char *page, const char *text)
{
	size_t n = 0;

	for (const char *at = page; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}

static json_t *evil_row(const char *transport)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s}", "name", EVIL, "service", EVIL,
			 "transport", transport, "address", EVIL, "port", 7, "path", EVIL, "state",
			 EVIL);
}

static void test_page_when_every_text_is_hostile_then_none_becomes_markup(void **state)
{
	json_t *status = load_status("status-busy.json");
	CLEANUP_FREE char *before = render(status), *page = NULL;
	json_t *listeners = json_object_get(status, "listeners");

	(void)state;
	assert_true(poison(status) > 20);
	json_array_append_new(listeners, evil_row("unix"));
	json_array_append_new(listeners, evil_row("udp"));
	json_object_set_new(json_object_get(json_object_get(status, "totals"), "rejected"), EVIL,
			    json_integer(1));
	page = render(status);
	assert_lacks(page, "<script");
	assert_lacks(page, "'1'");
	assert_lacks(page, "\x01");
	assert_lacks(page, "\x1b");
	assert_true(count(page, EVIL_SHOWN) > 20);
	/* Its own elements are the same, and two rows more. */
	assert_int_equal(count(page, "<section>"), count(before, "<section>"));
	assert_int_equal(count(page, "<tr>"), count(before, "<tr>") + 2);
	json_decref(status);
}

static void set_accepted(json_t *status, int64_t n)
{
	json_object_set_new(json_object_get(status, "totals"), "accepted", json_integer(n));
}

static void test_page_rates_when_viewed_again_then_over_the_time_between(void **state)
{
	json_t *status = load_status("status-quiet.json");
	struct page_rates rates;
	CLEANUP_FREE char *first = NULL, *soon = NULL, *later = NULL;

	(void)state;
	page_rates_init(&rates, START_MS);
	set_accepted(status, 50);
	first = handlers_page(status, &rates, START_MS + 10000);
	assert_shows(first, "accepted</th><td class=\"number\">5.00/s</td>");
	assert_shows(first, "averages over the 10 s since the start.");
	/* Too soon after the first for an interval of its own. */
	set_accepted(status, 66);
	soon = handlers_page(status, &rates, START_MS + 10999);
	assert_shows(soon, "accepted</th><td class=\"number\">6.00/s</td>");
	assert_shows(soon, "averages over the 10 s since the start.");
	set_accepted(status, 450);
	later = handlers_page(status, &rates, START_MS + 18000);
	assert_shows(later, "accepted</th><td class=\"number\">50.0/s</td>");
	assert_shows(later, "averages over the 8.0 s since an earlier view of this page.");
	json_decref(status);
}

static void test_page_rates_when_viewed_at_the_start_then_no_division_by_zero(void **state)
{
	json_t *status = load_status("status-quiet.json");
	struct page_rates rates;
	CLEANUP_FREE char *page = NULL;

	(void)state;
	page_rates_init(&rates, START_MS);
	set_accepted(status, 0);
	page = handlers_page(status, &rates, START_MS);
	assert_lacks(page, "nan");
	assert_lacks(page, "inf");
	assert_shows(page, "accepted</th><td class=\"number\">0/s</td>");
	json_decref(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_when_busy_then_each_part_shows_it),
		cmocka_unit_test(test_page_when_quiet_then_no_note),
		cmocka_unit_test(test_page_when_rendered_then_each_reason_with_its_count),
		cmocka_unit_test(test_page_when_every_text_is_hostile_then_none_becomes_markup),
		cmocka_unit_test(test_page_rates_when_viewed_again_then_over_the_time_between),
		cmocka_unit_test(test_page_rates_when_viewed_at_the_start_then_no_division_by_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
