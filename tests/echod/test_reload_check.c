/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_reload_check: whatever reading a configuration does to the child, the master gets an answer.
 */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/clock.h"
#include "src/echod/reload_check.h"

struct stage {
	struct selector *selector;
	struct reload_check check;
	bool done;
	struct config_errors errors;
	struct why why;
};

static struct stage *playing; /* for done(), which gets the check alone */

static void done(struct reload_check *check)
{
	assert_ptr_equal(check, &playing->check);
	assert_false(playing->done);
	playing->done = true;
}

/* What the master's loop does until the child has answered. For the check late_ms have gone
 * by, however long the machine takes. */
static int run(struct stage *s, reload_check_load *load, int64_t late_ms)
{
	const int64_t start_ms = clock_now_ms();

	playing = s;
	assert_int_equal(selector_open(NULL, &s->selector), 0);
	assert_int_equal(reload_check_start(&s->check, s->selector, NULL, load, start_ms, done), 0);
	assert_true(reload_check_deadline_ms(&s->check) == start_ms + RELOAD_CHECK_MS);
	while (!s->done && clock_now_ms() < start_ms + 60000) {
		int status;
		pid_t pid;

		selector_select(s->selector, 20);
		selector_dispatch(s->selector);
		reload_check_expire(&s->check, start_ms + late_ms);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			reload_check_child_ended(&s->check, pid, status);
	}
	assert_true(s->done);
	assert_true(reload_check_deadline_ms(&s->check) == INT64_MAX);
	return reload_check_result(&s->check, &s->errors, &s->why);
}

static void end(struct stage *s)
{
	config_errors_fini(&s->errors);
	reload_check_end(&s->check);
	s->selector = selector_close(s->selector);
}

/* ---- What reading may do ---- */

static int load_well(const struct options *options, struct config *ret_config,
		     struct config_errors *errors)
{
	(void)options;
	(void)errors;
	*ret_config = (struct config){ 0 };
	return 0;
}

static int load_badly(const struct options *options, struct config *ret_config,
		      struct config_errors *errors)
{
	(void)options;
	(void)ret_config;
	config_errors_add(errors, "/a:b\nc", 7, "first");
	config_errors_add(errors, NULL, 0, "second\nline");
	return -EINVAL;
}

/* More than a pipe holds. */
static int load_very_badly(const struct options *options, struct config *ret_config,
			   struct config_errors *errors)
{
	(void)options;
	(void)ret_config;
	for (int i = 0; i < 10000; i++)
		config_errors_add(errors, "/some/file/or/other", i, "mistake number %d", i);
	return -EINVAL;
}

static int load_without_memory(const struct options *options, struct config *ret_config,
			       struct config_errors *errors)
{
	(void)options;
	(void)ret_config;
	(void)errors;
	return -ENOMEM;
}

static int load_and_die(const struct options *options, struct config *ret_config,
			struct config_errors *errors)
{
	(void)options;
	(void)ret_config;
	(void)errors;
	raise(SIGKILL);
	return 0;
}

static int load_and_exit(const struct options *options, struct config *ret_config,
			 struct config_errors *errors)
{
	(void)options;
	(void)ret_config;
	(void)errors;
	_exit(3);
	return 0;
}

static int load_for_ever(const struct options *options, struct config *ret_config,
			 struct config_errors *errors)
{
	(void)options;
	(void)ret_config;
	(void)errors;
	while (getpid() > 0)
		pause();
	return 0;
}

/* ---- What the master hears ---- */

static void test_check_when_all_is_well_then_0(void **state)
{
	struct stage s = { .done = false };

	(void)state;
	assert_int_equal(run(&s, load_well, 0), 0);
	assert_int_equal(s.errors.length, 0);
	end(&s);
}

static void test_check_when_there_are_mistakes_then_each_with_its_place(void **state)
{
	struct stage s = { .done = false };

	(void)state;
	assert_int_equal(run(&s, load_badly, 0), -EINVAL);
	assert_int_equal(s.errors.length, 2);
	assert_string_equal(s.errors.items[0].file, "/a:b\nc");
	assert_int_equal(s.errors.items[0].line, 7);
	assert_string_equal(s.errors.items[0].message, "first");
	assert_null(s.errors.items[1].file);
	assert_int_equal(s.errors.items[1].line, 0);
	assert_string_equal(s.errors.items[1].message, "second\nline");
	end(&s);
}

static void test_check_when_mistakes_fill_the_pipe_then_none_is_lost(void **state)
{
	struct stage s = { .done = false };

	(void)state;
	assert_int_equal(run(&s, load_very_badly, 0), -EINVAL);
	assert_int_equal(s.errors.length, 10000);
	assert_string_equal(s.errors.items[9999].message, "mistake number 9999");
	end(&s);
}

static void check_failure(reload_check_load *load, int64_t late_ms, const char *why)
{
	struct stage s = { .done = false };

	assert_int_equal(run(&s, load, late_ms), -EPROTO);
	assert_int_equal(s.errors.length, 0);
	assert_non_null(strstr(s.why.text, why));
	end(&s);
}

static void test_check_when_the_child_fails_then_it_is_said_how(void **state)
{
	(void)state;
	check_failure(load_without_memory, 0, "failed with exit code 1");
	check_failure(load_and_die, 0, "ended by signal 9");
	check_failure(load_and_exit, 0, "failed with exit code 3");
}

static void test_check_when_it_never_ends_then_it_is_ended(void **state)
{
	(void)state;
	check_failure(load_for_ever, RELOAD_CHECK_MS, "took longer than 10 s");
}

static void test_end_when_the_child_still_runs_then_it_is_gone(void **state)
{
	struct stage s = { .done = false };

	(void)state;
	playing = &s;
	assert_int_equal(selector_open(NULL, &s.selector), 0);
	assert_int_equal(
	    reload_check_start(&s.check, s.selector, NULL, load_for_ever, clock_now_ms(), done), 0);
	end(&s);
	assert_false(s.done);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_when_all_is_well_then_0),
		cmocka_unit_test(test_check_when_there_are_mistakes_then_each_with_its_place),
		cmocka_unit_test(test_check_when_mistakes_fill_the_pipe_then_none_is_lost),
		cmocka_unit_test(test_check_when_the_child_fails_then_it_is_said_how),
		cmocka_unit_test(test_check_when_it_never_ends_then_it_is_ended),
		cmocka_unit_test(test_end_when_the_child_still_runs_then_it_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
