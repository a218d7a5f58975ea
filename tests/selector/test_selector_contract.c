/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * One contract, every back end: the same tests run over each of those that configure promised, and
 * it is an error when selector_names() has others or when one did not run.
 */
#include "build.h"

#include "tests/selector/contract.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int backends_run;

static void test_names_when_joined_then_what_configure_promised(void **state)
{
	const char *const *names = selector_names();
	char joined[100] = "";

	(void)state;
	for (; *names; names++) {
		strcat(joined, *names);
		strcat(joined, names[1] ? " " : "");
	}
	assert_string_equal(joined, ECHOD_BACKENDS);
}

static void test_open_when_no_name_then_the_best(void **state)
{
	static const char *const best[] = { NULL, "auto" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(selector_open(best[i], &selector), 0);
		assert_string_equal(selector_name(selector), selector_names()[0]);
		selector = selector_close(selector);
	}
	assert_null(selector_close(NULL));
}

static void test_open_when_the_best_does_not_open_then_the_next(void **state)
{
	struct rlimit limit, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(selector_open(NULL, &selector), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_string_equal(selector_name(selector), "poll");
	selector = selector_close(selector);
}

static void test_open_when_the_name_is_unknown_then_einval_or_enosys(void **state)
{
	(void)state;
	assert_int_equal(selector_open("kqueue", &selector), -EINVAL);
	assert_int_equal(selector_open("", &selector), -EINVAL);
	assert_int_equal(selector_open("EPOLL", &selector), -EINVAL);
	if (!strstr(ECHOD_BACKENDS, "epoll"))
		assert_int_equal(selector_open("epoll", &selector), -ENOSYS);
	assert_null(selector);
}

static void test_timeout_when_between_then_never_early_and_within_int(void **state)
{
	(void)state;
	assert_int_equal(selector_timeout(INT64_MAX, 5), -1);
	assert_int_equal(selector_timeout(1000, 1000), 0);
	assert_int_equal(selector_timeout(999, 1000), 0);
	assert_int_equal(selector_timeout(INT64_MIN, INT64_MAX), 0);
	assert_int_equal(selector_timeout(1001, 1000), 1);
	assert_int_equal(selector_timeout((int64_t)INT_MAX + 10, 10), INT_MAX);
	assert_int_equal(selector_timeout((int64_t)INT_MAX + 11, 10), INT_MAX);
	assert_int_equal(selector_timeout(INT64_MAX - 1, INT64_MIN), INT_MAX);
}

static void test_backends_when_all_is_done_then_every_one_ran(void **state)
{
	int promised = 1;

	(void)state;
	for (const char *p = ECHOD_BACKENDS; *p; p++)
		promised += *p == ' ';
	assert_int_equal(backends_run, promised);
}

/* How many of one part's tests failed under the back end whose turn it is. */
static int run(const char *part, const struct CMUnitTest *tests, size_t n)
{
	char name[60];

	snprintf(name, sizeof(name), "%s %s", contract_backend, part);
	return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest around[] = {
		cmocka_unit_test(test_names_when_joined_then_what_configure_promised),
		cmocka_unit_test(test_open_when_no_name_then_the_best),
		cmocka_unit_test(test_open_when_the_best_does_not_open_then_the_next),
		cmocka_unit_test(test_open_when_the_name_is_unknown_then_einval_or_enosys),
		cmocka_unit_test(test_timeout_when_between_then_never_early_and_within_int),
		cmocka_unit_test(test_backends_when_all_is_done_then_every_one_ran),
	};
	char promised[] = ECHOD_BACKENDS;
	int failed = 0;

	for (char *name = strtok(promised, " "); name; name = strtok(NULL, " ")) {
		contract_backend = name;
		failed += run("keys", contract_keys, n_contract_keys);
		failed += run("events", contract_events, n_contract_events);
		failed += run("stale events", contract_stale, n_contract_stale);
		backends_run++;
	}
	failed += cmocka_run_group_tests_name("selector", around, NULL, NULL);
	return failed > 0;
}
