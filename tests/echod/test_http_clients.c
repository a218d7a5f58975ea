/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <stdlib.h>

#include "src/echod/http_clients.h"

enum {
	NOW_MS = 5000
};

static struct http_clients clients;

static int setup(void **state)
{
	(void)state;
	http_clients_init(&clients);
	return 0;
}

static struct peer address(unsigned char last)
{
	return (struct peer){ .family = PEER_IPV4, .address = { 192, 0, 2, last } };
}

/* fd is also what tells the clients apart; those of one hundred have one address. */
static bool admit(int fd)
{
	struct peer peer = address((unsigned char)(fd / 100));

	peer.port = (uint16_t)fd;
	if (!http_clients_admit(&clients, &peer, fd, NOW_MS))
		return false;
	http_clients_confirm(&clients, fd);
	return true;
}

static void test_clients_when_of_one_address_then_so_many_and_no_more(void **state)
{
	(void)state;
	for (int i = 0; i < HTTP_CLIENTS_PER_ADDRESS; i++)
		assert_true(admit(100 + i));
	assert_false(admit(199));
	assert_true(http_clients_have_room(&clients));
	assert_true(admit(200));
	http_clients_forget(&clients, 105);
	assert_true(admit(199));
}

static void test_clients_when_all_places_are_taken_then_no_room(void **state)
{
	(void)state;
	for (int i = 0; i < HTTP_CLIENTS_MAX; i++) {
		assert_true(http_clients_have_room(&clients));
		assert_true(admit(100 * (i + 1)));
	}
	assert_false(http_clients_have_room(&clients));
	assert_false(admit(9900));
	http_clients_forget(&clients, 700);
	assert_true(http_clients_have_room(&clients));
}

static void test_clients_deadline_when_nobody_then_never(void **state)
{
	(void)state;
	assert_true(http_clients_deadline_ms(&clients) == INT64_MAX);
	assert_int_equal(http_clients_next_late(&clients, INT64_MAX - 1), -1);
}

static void test_clients_deadline_when_renewed_then_from_then_on(void **state)
{
	(void)state;
	admit(100);
	admit(200);
	assert_true(http_clients_deadline_ms(&clients) == NOW_MS + HTTP_PATIENCE_MS);
	http_clients_renew(&clients, 100, NOW_MS + 700);
	assert_int_equal(http_clients_next_late(&clients, NOW_MS + HTTP_PATIENCE_MS - 1), -1);
	assert_int_equal(http_clients_next_late(&clients, NOW_MS + HTTP_PATIENCE_MS), 200);
	http_clients_end(&clients, 200);
	assert_int_equal(http_clients_next_late(&clients, NOW_MS + HTTP_PATIENCE_MS), -1);
	assert_true(http_clients_deadline_ms(&clients) == NOW_MS + 700 + HTTP_PATIENCE_MS);
}

static void test_clients_deadline_when_a_body_is_awaited_then_it_is_near_until_it_came(void **state)
{
	const int64_t asked_ms = NOW_MS + 50;

	(void)state;
	admit(100);
	http_clients_asked(&clients, 100, asked_ms);
	assert_true(http_clients_deadline_ms(&clients) == asked_ms + HTTP_PATIENCE_BODY_MS);
	assert_int_equal(http_clients_next_late(&clients, asked_ms + HTTP_PATIENCE_BODY_MS), 100);
	http_clients_heard(&clients, 100);
	assert_true(http_clients_deadline_ms(&clients) == NOW_MS + HTTP_PATIENCE_MS);
	http_clients_asked(&clients, 100, asked_ms);
	http_clients_renew(&clients, 100, asked_ms);
	assert_true(http_clients_deadline_ms(&clients) == asked_ms + HTTP_PATIENCE_MS);
	/* Who is late already gets no more time by it. */
	http_clients_asked(&clients, 100, asked_ms + HTTP_PATIENCE_MS - 1);
	assert_true(http_clients_deadline_ms(&clients) == asked_ms + HTTP_PATIENCE_MS);
}

static void test_clients_deadline_when_an_address_is_crowded_then_its_own_are_hurried(void **state)
{
	(void)state;
	for (int i = 0; i < HTTP_CLIENTS_PER_ADDRESS; i++)
		admit(100 + i);
	admit(200);
	assert_true(http_clients_deadline_ms(&clients) == NOW_MS + HTTP_PATIENCE_CROWDED_MS);
	for (int i = 0; i < HTTP_CLIENTS_PER_ADDRESS; i++) {
		const int fd = http_clients_next_late(&clients, NOW_MS + HTTP_PATIENCE_CROWDED_MS);

		assert_int_equal(fd, 100 + i);
		http_clients_end(&clients, fd);
	}
	assert_int_equal(http_clients_next_late(&clients, NOW_MS + HTTP_PATIENCE_CROWDED_MS), -1);
	http_clients_forget(&clients, 100);
	assert_true(http_clients_deadline_ms(&clients) == NOW_MS + HTTP_PATIENCE_MS);
}

static void test_clients_deadline_when_all_places_are_taken_then_all_are_hurried(void **state)
{
	(void)state;
	for (int i = 0; i < HTTP_CLIENTS_MAX; i++)
		admit(100 * (i + 1));
	assert_true(http_clients_deadline_ms(&clients) == NOW_MS + HTTP_PATIENCE_CROWDED_MS);
}

/* Its descriptor may be closed, and somebody else's by then. */
static void test_clients_when_never_confirmed_then_dropped_and_never_late(void **state)
{
	const struct peer peer = address(1);

	(void)state;
	assert_true(http_clients_admit(&clients, &peer, 7, NOW_MS));
	assert_true(admit(200));
	assert_true(http_clients_deadline_ms(&clients) == NOW_MS + HTTP_PATIENCE_MS);
	http_clients_forget(&clients, 200);
	assert_true(http_clients_deadline_ms(&clients) == INT64_MAX);
	http_clients_drop_unconfirmed(&clients);
	http_clients_confirm(&clients, 7);
	assert_true(http_clients_deadline_ms(&clients) == INT64_MAX);
}

int main(void)
{
#define CLIENTS_TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		CLIENTS_TEST(test_clients_when_of_one_address_then_so_many_and_no_more),
		CLIENTS_TEST(test_clients_when_all_places_are_taken_then_no_room),
		CLIENTS_TEST(test_clients_deadline_when_nobody_then_never),
		CLIENTS_TEST(test_clients_deadline_when_renewed_then_from_then_on),
		CLIENTS_TEST(
		    test_clients_deadline_when_a_body_is_awaited_then_it_is_near_until_it_came),
		CLIENTS_TEST(
		    test_clients_deadline_when_an_address_is_crowded_then_its_own_are_hurried),
		CLIENTS_TEST(test_clients_deadline_when_all_places_are_taken_then_all_are_hurried),
		CLIENTS_TEST(test_clients_when_never_confirmed_then_dropped_and_never_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
