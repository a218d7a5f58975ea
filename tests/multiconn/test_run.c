/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Runs against listeners of this very process: connections with nothing to send need no server that
 * answers, only a queue. What a server can do to them is in tests/system/multiconn-liar.sh.
 */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"
#include "echod/repr.h"
#include "multiconn/run.h"
#include "tests/multiconn/loopback.h"

static char *transcript;
static size_t transcript_length;

/* The pattern of one empty message, and a transcript in memory. */
static struct tally run(struct run_settings *settings)
{
	const char *const nothing[] = { "" };
	struct pattern pattern;
	struct tally tally = { 0 };
	FILE *out = open_memstream(&transcript, &transcript_length);

	assert_non_null(out);
	assert_int_equal(pattern_init(&pattern, nothing, 1, 0), 0);
	settings->pattern = &pattern;
	settings->timeout_ms = 60000;
	settings->interrupt_fd = -1;
	settings->transcript.out = out;
	settings->err = out;
	assert_int_equal(run_connections(settings, &tally), 0);
	assert_int_equal(fclose(out), 0);
	pattern_fini(&pattern);
	return tally;
}

static void expect_said(const char *text)
{
	if (!strstr(transcript, text))
		fail_msg("no '%s' in: %s", text, transcript);
}

/* "starting connection 1 to ADDRESS" */
static void expect_started(const struct net_address *address)
{
	char *line;
	size_t length;
	FILE *out = open_memstream(&line, &length);

	assert_non_null(out);
	fputs("starting connection 1 to ", out);
	repr_address(out, address);
	fputs("\n", out);
	assert_int_equal(fclose(out), 0);
	expect_said(line);
	free(line);
}

static void test_run_when_the_first_address_refuses_then_the_next_is_tried(void **state)
{
	struct net_address addresses[2];
	struct run_settings settings = { .addresses = addresses,
					 .n_addresses = 2,
					 .n_connections = 3 };
	int refusing = listen_on_loopback(&addresses[0]);
	CLEANUP_FD int listening = listen_on_loopback(&addresses[1]);
	struct tally tally;

	(void)state;
	(void)listening; /* used by being there */
	close(refusing);
	tally = run(&settings);
	assert_int_equal(tally.verified, 3);
	assert_int_equal(tally.established, 3);
	assert_int_equal(tally.failed, 0);
	expect_started(&addresses[0]);
	expect_started(&addresses[1]);
	free(transcript);
}

static void test_run_when_all_addresses_refuse_then_one_failure_each(void **state)
{
	struct net_address addresses[2];
	struct run_settings settings = { .addresses = addresses,
					 .n_addresses = 2,
					 .n_connections = 3 };
	int first = listen_on_loopback(&addresses[0]);
	int second = listen_on_loopback(&addresses[1]);
	struct tally tally;

	(void)state;
	close(first);
	close(second);
	tally = run(&settings);
	assert_int_equal(tally.failed, 3);
	assert_int_equal(tally.failures[FAILURE_REFUSED], 3);
	assert_int_equal(tally.established, 0);
	assert_true(tally.missed);
	assert_false(tally.lost);
	expect_said("multiconn: connection 3: refused\n");
	free(transcript);
}

static void test_run_when_bound_to_a_range_then_the_peer_sees_each_in_turn(void **state)
{
	static const uint32_t hosts[] = { 0x7f0000fe, 0x7f0000ff, 0x7f000100, 0x7f0000fe };
	struct net_address address, peer;
	struct bind_range sources;
	struct run_settings settings = {
		.addresses = &address, .n_addresses = 1, .bind = &sources, .n_connections = 4
	};
	CLEANUP_FD int listening = listen_on_loopback(&address);
	struct tally tally;

	(void)state;
	assert_int_equal(bind_range_parse("127.0.0.254-127.0.1.0", &sources), 0);
	tally = run(&settings);
	free(transcript);
	if (tally.failures[FAILURE_LOCAL_LIMIT] > 0)
		skip(); /* only 127.0.0.1 is ours here */
	assert_int_equal(tally.verified, 4);
	for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
		CLEANUP_FD int accepted = -1;

		assert_int_equal(net_accept(listening, &peer, &accepted), 0);
		assert_int_equal(ntohl(peer.ipv4.sin_addr.s_addr), hosts[i]);
	}
}

static void test_run_when_the_selector_is_unknown_then_an_error(void **state)
{
	struct net_address address;
	struct tally tally = { 0 };
	struct pattern pattern;
	const struct run_settings settings = { .pattern = &pattern,
					       .addresses = &address,
					       .n_addresses = 1,
					       .n_connections = 1,
					       .selector_name = "kqueue",
					       .interrupt_fd = -1,
					       .err = stderr };

	(void)state;
	assert_true(run_connections(&settings, &tally) < 0);
	assert_int_equal(tally.asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_when_the_first_address_refuses_then_the_next_is_tried),
		cmocka_unit_test(test_run_when_all_addresses_refuse_then_one_failure_each),
		cmocka_unit_test(test_run_when_bound_to_a_range_then_the_peer_sees_each_in_turn),
		cmocka_unit_test(test_run_when_the_selector_is_unknown_then_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
