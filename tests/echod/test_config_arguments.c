/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_config_arguments.c: what HOST PORT on the command line makes of a configuration.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <netdb.h>

#include "echod/config.h"
#include "echod/net.h"

static void test_config_arguments_when_numeric_then_one_listener_echo(void **state)
{
	struct config_errors errors = { 0 };
	struct config c;

	(void)state;
	assert_int_equal(config_from_arguments("127.0.0.1", "65432", &c, &errors), 0);
	assert_null(c.file);
	assert_int_equal(c.n_listeners, 1);
	assert_string_equal(c.listeners[0].name, "echo");
	assert_int_equal(c.listeners[0].address.length, 1);
	assert_string_equal(c.listeners[0].address.items[0], "127.0.0.1");
	assert_int_equal(c.listeners[0].port, 65432);
	assert_int_equal(c.listeners[0].transports, SERVICE_TCP);
	assert_string_equal(c.user, "echod");
	config_fini(&c);
}

static void test_config_arguments_when_empty_or_star_then_all_addresses(void **state)
{
	static const char *const hosts[] = { "", "*" };
	struct config_errors errors = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
		struct config c;

		assert_int_equal(config_from_arguments(hosts[i], "0", &c, &errors), 0);
		assert_int_equal(c.listeners[0].address.length, 1);
		assert_string_equal(c.listeners[0].address.items[0], "*");
		config_fini(&c);
	}
}

static bool localhost_is_known(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", NULL, NULL, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

static void test_config_arguments_when_a_name_then_numeric_addresses(void **state)
{
	struct config_errors errors = { 0 };
	struct config c;

	(void)state;
	if (!localhost_is_known())
		skip(); /* a root directory without /etc/hosts */
	assert_int_equal(config_from_arguments("localhost", "7", &c, &errors), 0);
	assert_true(c.listeners[0].address.length >= 1);
	for (size_t i = 0; i < c.listeners[0].address.length; i++) {
		struct net_address address;

		assert_int_equal(net_parse(c.listeners[0].address.items[i], 7, &address), 0);
	}
	config_fini(&c);
}

static void test_config_arguments_when_wrong_then_each_is_said(void **state)
{
	struct config_errors errors = { 0 };
	struct config c;

	(void)state;
	assert_int_equal(config_from_arguments("127.0.0.1", "65536", &c, &errors), -EINVAL);
	assert_int_equal(errors.length, 1);
	assert_null(errors.items[0].file);
	assert_string_equal(errors.items[0].message,
			    "PORT '65536' is not a number from 0 to 65535");
	assert_int_equal(config_from_arguments("256.0.0.1.", "7", &c, &errors), -EINVAL);
	assert_int_equal(errors.length, 2);
	assert_memory_equal(errors.items[1].message, "HOST '256.0.0.1.': ", 19);
	config_errors_fini(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_arguments_when_numeric_then_one_listener_echo),
		cmocka_unit_test(test_config_arguments_when_empty_or_star_then_all_addresses),
		cmocka_unit_test(test_config_arguments_when_a_name_then_numeric_addresses),
		cmocka_unit_test(test_config_arguments_when_wrong_then_each_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
