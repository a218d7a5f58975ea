/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "build.h"

#include "tests/echod/config_files.h"

#include "echod/config_table.h"
#include "echod/options.h"
#include "echod/options_table.h"

enum {
	ARGUMENTS_MAX = 16
};

/* Parses a copy of the words; the last one is NULL. */
static int parse(struct options *o, const char *const *words)
{
	char *argv[ARGUMENTS_MAX + 1] = { 0 };
	int argc = 0, r;

	argv[argc++] = strdup("echod");
	for (; words[argc - 1]; argc++)
		argv[argc] = strdup(words[argc - 1]);
	r = options_parse(argc, argv, o);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return r;
}
#define PARSE(o, ...) parse(o, (const char *const[]){ __VA_ARGS__, NULL })

static void test_options_when_none_then_nothing_is_given(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, (const char *const[]){ NULL }), 0);
	assert_null(o.config_file);
	assert_null(o.host);
	assert_int_equal(o.workers, -1);
	assert_int_equal(o.log_level, -1);
	assert_false(o.check || o.daemon || o.transcript || o.help || o.version);
	assert_string_equal(options_config_file(&o), SYSCONFDIR "/echod/echod.conf");
	options_fini(&o);
}

static void test_options_when_each_is_given_then_each_arrives(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--config", "/a", "--check", "--daemon", "--pid-file=/b",
			       "--control-socket", "/c", "--user=u:g", "--workers", "3",
			       "--selector=poll", "--log-level", "debug"),
			 0);
	assert_string_equal(o.config_file, "/a");
	assert_string_equal(options_config_file(&o), "/a");
	assert_true(o.check);
	assert_true(o.daemon);
	assert_string_equal(o.pid_file, "/b");
	assert_string_equal(o.control_socket, "/c");
	assert_string_equal(o.user, "u");
	assert_string_equal(o.group, "g");
	assert_int_equal(o.workers, 3);
	assert_string_equal(o.selector, "poll");
	assert_int_equal(o.log_level, LOG_LEVEL_DEBUG);
	options_fini(&o);
}

static void test_options_letters_when_joined_then_each_counts(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "-dc/x"), 0);
	assert_true(o.daemon);
	assert_string_equal(o.config_file, "/x");
	options_fini(&o);
	assert_int_equal(PARSE(&o, "-dc", "/y"), 0);
	assert_string_equal(o.config_file, "/y");
	options_fini(&o);
	assert_int_equal(PARSE(&o, "-h"), 0);
	assert_true(o.help);
	options_fini(&o);
	assert_int_equal(PARSE(&o, "-V"), 0);
	assert_true(o.version);
	options_fini(&o);
}

static void test_options_operands_when_among_options_then_found(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "", "--transcript", "65432"), 0);
	assert_string_equal(o.host, "");
	assert_string_equal(o.port, "65432");
	assert_true(o.transcript);
	options_fini(&o);
	assert_int_equal(PARSE(&o, "--check", "--", "-h", "7"), 0);
	assert_string_equal(o.host, "-h");
	assert_false(o.help);
	options_fini(&o);
}

static void test_options_path_when_relative_then_from_here(void **state)
{
	struct options o;
	char here[4096], expected[4200];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(expected, sizeof(expected), "%s/x/y", strcmp(here, "/") != 0 ? here : "");
	assert_int_equal(PARSE(&o, "-c", "x/y", "--pid-file", "x/y", "--control-socket", "x/y"), 0);
	assert_string_equal(o.config_file, expected);
	assert_string_equal(o.pid_file, expected);
	assert_string_equal(o.control_socket, expected);
	options_fini(&o);
}

static void test_options_when_given_twice_then_the_last(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "-c/a", "-c/b", "--user", "a:b", "--user", "c"), 0);
	assert_string_equal(o.config_file, "/b");
	assert_string_equal(o.user, "c");
	assert_string_equal(o.group, "");
	options_fini(&o);
}

static void test_options_when_wrong_then_said(void **state)
{
	static const struct {
		const char *words[6];
		const char *message;
	} rows[] = {
		{ { "--wrokers", "2" }, "unknown option '--wrokers'; did you mean '--workers'?" },
		{ { "--wrokers=2" }, "unknown option '--wrokers'; did you mean '--workers'?" },
		{ { "--quux" }, "unknown option '--quux'" },
		{ { "-q" }, "unknown option '-q'" },
		{ { "--check=yes" }, "--check takes no argument" },
		{ { "--workers" }, "--workers needs an argument: N|auto" },
		{ { "-c" }, "-c needs an argument: FILE" },
		{ { "-c", "" }, "--config needs the name of a file" },
		{ { "-c", "\xff" }, "--config: the name has control characters or is not UTF-8" },
		{ { "--workers", "0" }, "--workers needs a number from 1 to 256 or auto, not '0'" },
		{ { "--workers", "257" },
		  "--workers needs a number from 1 to 256 or auto, not '257'" },
		{ { "--selector", "epol" }, "unknown selector 'epol'; did you mean 'epoll'?" },
		{ { "--selector", "kqueue" },
		  "unknown selector 'kqueue'; known: auto, epoll, poll, select" },
		{ { "--log-level", "inof" }, "unknown log level 'inof'; did you mean 'info'?" },
		{ { "--log-level", "loud" },
		  "unknown log level 'loud'; known: error, warning, notice, info, debug" },
		{ { "--user", "" }, "--user needs NAME or NAME:GROUP, not ''" },
		{ { "--user", "a:" }, "--user needs NAME or NAME:GROUP, not 'a:'" },
		{ { "--user", ":b" }, "--user needs NAME or NAME:GROUP, not ':b'" },
		{ { "--user", "a:b:c" }, "--user needs NAME or NAME:GROUP, not 'a:b:c'" },
		{ { "localhost" }, "HOST 'localhost' needs a PORT behind it" },
		{ { "localhost", "echo" }, "PORT 'echo' is not a number from 0 to 65535" },
		{ { "localhost", "65536" }, "PORT '65536' is not a number from 0 to 65535" },
		{ { "localhost", "7", "8" }, "one argument too many: '8'" },
		{ { "-c", "/x", "localhost", "7" }, "HOST PORT and --config exclude each other" },
		{ { "--transcript", "-d" }, "--transcript and --daemon exclude each other" },
		{ { "--transcript", "--workers", "2" },
		  "--transcript has one worker; --workers says otherwise" },
		{ { "--transcript", "--workers", "auto" },
		  "--transcript has one worker; --workers says otherwise" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct options o;

		assert_int_equal(parse(&o, rows[i].words), -EINVAL);
		assert_string_equal(o.message, rows[i].message);
		options_fini(&o);
	}
}

static void test_options_transcript_when_with_one_worker_then_good(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--transcript", "--workers", "1"), 0);
	options_fini(&o);
}

static void test_options_help_when_asked_then_wins_over_mistakes_between_options(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--transcript", "-d", "one", "--help"), 0);
	assert_true(o.help);
	options_fini(&o);
}

/* ---- Over a configuration ---- */

static const char file_text[] =
    "user = \"f\"; group = \"f\"; workers = 2; selector = \"select\"; pid-file = \"/f\";\n"
    "control = { socket = \"/f\"; }; log = { level = \"error\"; };\n"
    "listeners = { a = { }; };\n";

static void load(struct options *o, struct config *c)
{
	struct config_errors errors = { 0 };
	int r = options_load(o, c, &errors);

	config_errors_print(&errors, stderr);
	assert_int_equal(r, 0);
}

static void test_options_load_when_options_are_given_then_they_beat_the_file(void **state)
{
	const char *path = files_write(*state, "echod.conf", file_text);
	struct options o;
	struct config c;

	assert_int_equal(PARSE(&o, "-c", path, "--user=o:p", "--workers=auto", "--selector=poll",
			       "--pid-file=/o", "--control-socket=/o.sock", "--log-level=debug"),
			 0);
	load(&o, &c);
	assert_string_equal(c.user, "o");
	assert_string_equal(c.group, "p");
	assert_int_equal(c.workers, 0);
	assert_string_equal(c.selector, "poll");
	assert_string_equal(c.pid_file, "/o");
	assert_string_equal(c.control_socket, "/o.sock");
	assert_int_equal(c.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(config_key_origin(config_key_find("selector", false), &c, NULL)->kind,
			 CONFIG_FROM_OPTION);
	config_fini(&c);
	options_fini(&o);
}

static void test_options_load_when_none_is_given_then_the_file_holds(void **state)
{
	const char *path = files_write(*state, "echod.conf", file_text);
	struct options o;
	struct config c;

	assert_int_equal(PARSE(&o, "-c", path), 0);
	load(&o, &c);
	assert_string_equal(c.user, "f");
	assert_string_equal(c.group, "f");
	assert_int_equal(c.workers, 2);
	assert_string_equal(c.selector, "select");
	assert_string_equal(c.pid_file, "/f");
	assert_string_equal(c.control_socket, "/f");
	assert_int_equal(c.log_level, LOG_LEVEL_ERROR);
	config_fini(&c);
	options_fini(&o);
}

static void test_options_load_when_user_has_no_group_then_not_the_files(void **state)
{
	const char *path = files_write(*state, "echod.conf", file_text);
	struct options o;
	struct config c;

	assert_int_equal(PARSE(&o, "-c", path, "--user", "root"), 0);
	load(&o, &c);
	assert_string_equal(c.user, "root");
	assert_string_equal(c.group, "");
	config_fini(&c);
	options_fini(&o);
}

static void test_options_load_when_transcript_then_one_worker(void **state)
{
	const char *path = files_write(*state, "echod.conf", file_text);
	struct options o;
	struct config c;

	assert_int_equal(PARSE(&o, "-c", path, "--transcript"), 0);
	load(&o, &c);
	assert_int_equal(c.workers, 1);
	config_fini(&c);
	options_fini(&o);
}

static void test_options_load_when_host_and_port_then_no_file(void **state)
{
	struct options o;
	struct config c;

	(void)state;
	assert_int_equal(PARSE(&o, "::1", "65432", "--log-level", "notice"), 0);
	assert_false(options_lack_configuration(&o));
	load(&o, &c);
	assert_null(c.file);
	assert_int_equal(c.listeners[0].port, 65432);
	assert_int_equal(c.log_level, LOG_LEVEL_NOTICE);
	config_fini(&c);
	options_fini(&o);
}

/* ---- What is printed ---- */

static char *printed(void (*print)(FILE *stream))
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	print(stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void test_options_help_when_printed_then_examples_lead_and_each_option_is_there(void **state)
{
	CLEANUP_FREE char *text = printed(options_print_help);

	(void)state;
	assert_memory_equal(text, "Examples:\n  echod ", 18);
	for (size_t i = 0; i < n_option_rows; i++) {
		char option[64];

		snprintf(option, sizeof(option), "--%s%s%s", option_rows[i].name,
			 option_rows[i].argument ? " " : "",
			 option_rows[i].argument ? option_rows[i].argument : "");
		assert_non_null(strstr(text, option));
		assert_non_null(strstr(text, option_rows[i].help));
	}
	assert_non_null(strstr(text, SYSCONFDIR "/echod/echod.conf"));
}

static void test_options_usage_when_printed_then_the_tutorials_line(void **state)
{
	CLEANUP_FREE char *text = printed(options_print_usage);

	(void)state;
	assert_string_equal(text, "usage: echod HOST PORT\n");
}

static void test_options_version_when_printed_then_what_was_compiled_in(void **state)
{
	CLEANUP_FREE char *text = printed(options_print_version);

	(void)state;
	assert_memory_equal(text, "echod ", 6);
	assert_non_null(strstr(text, "poll select\n"));
	assert_non_null(strstr(text, "\n  libsystemd        "));
	assert_non_null(strstr(text, "\n  libcap-ng         "));
	assert_non_null(strstr(text, "\n  libmicrohttpd     "));
}

int main(void)
{
#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_when_none_then_nothing_is_given),
		cmocka_unit_test(test_options_when_each_is_given_then_each_arrives),
		cmocka_unit_test(test_options_letters_when_joined_then_each_counts),
		cmocka_unit_test(test_options_operands_when_among_options_then_found),
		cmocka_unit_test(test_options_path_when_relative_then_from_here),
		cmocka_unit_test(test_options_when_given_twice_then_the_last),
		cmocka_unit_test(test_options_when_wrong_then_said),
		cmocka_unit_test(test_options_transcript_when_with_one_worker_then_good),
		cmocka_unit_test(
		    test_options_help_when_asked_then_wins_over_mistakes_between_options),
		FILES_TEST(test_options_load_when_options_are_given_then_they_beat_the_file),
		FILES_TEST(test_options_load_when_none_is_given_then_the_file_holds),
		FILES_TEST(test_options_load_when_user_has_no_group_then_not_the_files),
		FILES_TEST(test_options_load_when_transcript_then_one_worker),
		cmocka_unit_test(test_options_load_when_host_and_port_then_no_file),
		cmocka_unit_test(
		    test_options_help_when_printed_then_examples_lead_and_each_option_is_there),
		cmocka_unit_test(test_options_usage_when_printed_then_the_tutorials_line),
		cmocka_unit_test(test_options_version_when_printed_then_what_was_compiled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
