/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_reload_compare: what differs between two configurations, and what a reload leaves as it was.
 */
#include "build.h"

#include "tests/echod/config_files.h"

#include "src/echod/config_json.h"
#include "src/echod/reload_compare.h"

static void load(struct files *f, const char *text, struct config *config)
{
	struct config_errors errors = { 0 };
	const int r = config_load(files_write(f, "echod.conf", text), config, &errors);

	config_errors_print(&errors, stderr);
	assert_int_equal(r, 0);
}

static void assert_says(const struct reload_difference *d, const char *expected)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	reload_difference_print(d, stream);
	fclose(stream);
	assert_string_equal(text, expected);
}

static void check(struct files *f, const char *before, const char *after, const char *expected)
{
	struct config old_config, new_config;
	struct reload_difference d;

	load(f, before, &old_config);
	load(f, after, &new_config);
	assert_int_equal(reload_compare(&old_config, &new_config, &d), 0);
	assert_says(&d, expected);
	reload_difference_fini(&d);
	config_fini(&old_config);
	config_fini(&new_config);
}

static void test_compare_when_equal_then_all_are_kept(void **state)
{
	check(*state, "listeners = { a = { port = 7; }; b = { port = 8; }; };",
	      "listeners = { b = { port = 8; }; a = { }; };", "kept b, a");
}

static void test_compare_when_different_then_each_listener_is_in_one_list(void **state)
{
	check(*state,
	      "listeners = { a = { port = 1; }; b = { port = 2; }; c = { port = 3; };"
	      " d = { port = 4; }; };",
	      "listeners = { e = { port = 1; }; b = { port = 5; }; c = { port = 3; };"
	      " d = { port = 4; deny = \"10.0.0.0/8\"; }; f = { port = 6; }; };",
	      "added e, f; removed a; changed b, d; kept c");
}

static void test_compare_when_keys_need_a_restart_then_they_are_named(void **state)
{
	check(
	    *state, "workers = 1; drain-timeout = 1; listeners = { a = { }; };",
	    "workers = 2; drain-timeout = 2; user = \"root\"; group = \"root\";"
	    " selector = \"poll\"; pid-file = \"/x\"; control = { socket = \"/y\";"
	    " socket-mode = \"0600\"; group = \"g\"; operate-groups = \"o\"; admin-groups = \"a\"; };"
	    " listeners = { a = { }; };",
	    "kept a; needs a restart: user, group, workers, selector, pid-file, control.socket, "
	    "control.socket-mode, control.group, control.operate-groups, control.admin-groups");
}

static void test_keep_restart_then_old_values_are_copied_and_others_are_not(void **state)
{
	struct config old_config, new_config;
	struct config_strings keys;

	load(*state,
	     "workers = 3; pid-file = \"/old\"; control = { admin-groups = [ \"a\", \"b\" ]; };"
	     " listeners = { a = { }; };",
	     &old_config);
	load(*state,
	     "workers = 4; pid-file = \"/new\"; drain-timeout = 9; listeners = { b = { }; };",
	     &new_config);
	assert_true(config_needs_restart(&old_config, &new_config, &keys));
	assert_int_equal(keys.length, 3);
	config_strings_fini(&keys);
	assert_int_equal(config_keep_restart(&old_config, &new_config), 0);
	assert_false(config_needs_restart(&old_config, &new_config, &keys));
	config_strings_fini(&keys);
	config_fini(&old_config);
	assert_int_equal(new_config.workers, 3);
	assert_string_equal(new_config.pid_file, "/old");
	assert_string_equal(new_config.admin_groups.items[1], "b");
	assert_true(new_config.drain_timeout_ms == 9000);
	assert_string_equal(new_config.listeners[0].name, "b");
	config_fini(&new_config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_compare_when_equal_then_all_are_kept,
						files_setup, files_teardown),
		cmocka_unit_test_setup_teardown(
		    test_compare_when_different_then_each_listener_is_in_one_list, files_setup,
		    files_teardown),
		cmocka_unit_test_setup_teardown(
		    test_compare_when_keys_need_a_restart_then_they_are_named, files_setup,
		    files_teardown),
		cmocka_unit_test_setup_teardown(
		    test_keep_restart_then_old_values_are_copied_and_others_are_not, files_setup,
		    files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
