/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include "echod/service.h"

static void test_service_when_listed_then_found_by_its_own_name(void **state)
{
	size_t n = 0;

	(void)state;
	for (const char *const *name = service_names(); *name; name++, n++) {
		const struct service *service = service_find(*name);

		assert_non_null(service);
		assert_string_equal(service->name, *name);
		assert_true(service->state_size <= SERVICE_STATE_MAX);
		assert_int_not_equal(service->transports, 0);
	}
	assert_true(n > 0);
}

static void test_service_all_are_listed(void **state)
{
	static const struct service *const all[] = { &service_chargen, &service_daytime,
						     &service_discard, &service_echo,
						     &service_message, &service_reflect,
						     &service_time };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_ptr_equal(service_find(all[i]->name), all[i]);
		assert_int_equal(all[i]->transports, SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX);
	}
}

static void test_service_when_unknown_then_null(void **state)
{
	(void)state;
	assert_null(service_find("ech"));
	assert_null(service_find("echoo"));
	assert_null(service_find("Echo"));
	assert_null(service_find(""));
}

static void test_service_echo_is_an_identity_over_every_transport(void **state)
{
	(void)state;
	assert_ptr_equal(service_find("echo"), &service_echo);
	assert_true(service_echo.flags & SERVICE_IDENTITY);
	assert_int_equal(service_echo.transports, SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX);
	assert_int_equal(service_echo.state_size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_when_listed_then_found_by_its_own_name),
		cmocka_unit_test(test_service_all_are_listed),
		cmocka_unit_test(test_service_when_unknown_then_null),
		cmocka_unit_test(test_service_echo_is_an_identity_over_every_transport),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
