/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "multiconn/options.h"

static char *said; /* on either stream, in the last parse() */

/* Parses the words of a line, split at blanks; they live until the next call. */
static int parse(const char *line, struct options *ret_options)
{
	static char words[512];
	char *argv[32];
	int argc = 0;
	size_t length;
	FILE *out;
	int r;

	free(said);
	snprintf(words, sizeof(words), "multiconn %s", line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	out = open_memstream(&said, &length);
	assert_non_null(out);
	r = options_parse(argc, argv, out, out, ret_options);
	assert_int_equal(fclose(out), 0);
	return r;
}

static void expect_usage_error(const char *line, const char *text)
{
	struct options o;

	assert_int_equal(parse(line, &o), 2);
	if (!strstr(said, text))
		fail_msg("'%s' said: %s", line, said);
}

static void test_options_when_only_operands_then_the_defaults(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("127.0.0.1 65432 2", &o), OPTIONS_RUN);
	assert_string_equal(o.host, "127.0.0.1");
	assert_int_equal(o.port, 65432);
	assert_int_equal(o.n_connections, 2);
	assert_int_equal(o.n_messages, 2);
	assert_string_equal(o.messages[0], "Message 1 from client.");
	assert_string_equal(o.messages[1], "Message 2 from client.");
	assert_int_equal(o.timeout_ms, 10000);
	assert_int_equal(o.length, 0);
	assert_false(o.udp);
	assert_int_equal(o.family, AF_UNSPEC);
	assert_null(o.unix_path);
	assert_null(o.control);
	assert_null(o.selector);
	assert_false(o.quiet);
	assert_int_equal(o.bind.n, 0);
	assert_false(o.proxy.version);
	options_fini(&o);
}

static void test_options_service_when_named_then_taken(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("h 1 1", &o), OPTIONS_RUN);
	assert_null(o.service);
	options_fini(&o);
	assert_int_equal(parse("--service echo -m x h 1 1", &o), OPTIONS_RUN);
	assert_null(o.service);
	options_fini(&o);
	assert_int_equal(parse("--service discard -m x h 1 1", &o), OPTIONS_RUN);
	assert_string_equal(o.service->name, "discard");
	assert_string_equal(o.messages[0], "x");
	options_fini(&o);
	assert_int_equal(parse("--service reflect h 1 1", &o), OPTIONS_RUN);
	assert_int_equal(o.n_messages, 1);
	assert_string_equal(o.messages[0], "reflect\n");
	options_fini(&o);
	assert_int_equal(parse("--udp --service time -l 9 -m x -m y h 1 1", &o), OPTIONS_RUN);
	assert_int_equal(o.n_messages, 2);
	assert_string_equal(o.messages[1], "y");
	options_fini(&o);
	assert_int_equal(parse("--action a --value b h 1 1", &o), OPTIONS_RUN);
	assert_string_equal(o.service->name, "message");
	assert_string_equal(o.action, "a");
	assert_string_equal(o.value, "b");
	options_fini(&o);
	assert_int_equal(parse("--action a --value \xff h 1 1", &o), OPTIONS_RUN);
	options_fini(&o);
	assert_int_equal(parse("--value b --service message --action a h 1 1", &o), OPTIONS_RUN);
	assert_string_equal(o.service->name, "message");
	options_fini(&o);
}

static void test_options_service_when_wrong_then_usage(void **state)
{
	(void)state;
	expect_usage_error("--service tiem h 1 1", "no service 'tiem': did you mean 'time'?");
	expect_usage_error("--service qqq h 1 1",
			   "no service 'qqq': there are echo, discard, chargen, daytime, time, "
			   "message, reflect\n");
	expect_usage_error("--service message h 1 1", "needs --action and --value");
	expect_usage_error("--action a h 1 1", "--action and --value belong together");
	expect_usage_error("--value a h 1 1", "--action and --value belong together");
	expect_usage_error("--service time --action a --value b h 1 1", "for the service message");
	expect_usage_error("--service echo --action a --value b h 1 1", "for the service message");
	expect_usage_error("--service time -m x h 1 1", "nothing that time would read");
	expect_usage_error("--service chargen --length 9 h 1 1", "nothing that chargen would read");
	expect_usage_error("--action search --value \xff h 1 1", "--value must be UTF-8");
	expect_usage_error("--udp --action a --value b h 1 1", "message is no service of --udp");
	expect_usage_error("--action a --value b -m x h 1 1", "nothing that message would read");
}

static void test_options_when_each_is_given_then_each_is_taken(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("-q -m one localhost --message two 7 --control /c --selector poll "
			       "--udp -l 2k --timeout 250ms -4 --bind 127.0.0.9 10k",
			       &o),
			 OPTIONS_RUN);
	assert_true(o.quiet);
	assert_int_equal(o.n_messages, 2);
	assert_string_equal(o.messages[0], "one");
	assert_string_equal(o.messages[1], "two");
	assert_string_equal(o.control, "/c");
	assert_string_equal(o.selector, "poll");
	assert_int_equal(o.timeout_ms, 250);
	assert_int_equal(o.length, 2048);
	assert_true(o.udp);
	assert_int_equal(o.family, AF_INET);
	assert_int_equal(o.bind.n, 1);
	assert_int_equal(o.n_connections, 10000);
	options_fini(&o);
}

static void test_options_when_bind_is_ipv6_then_so_is_the_run(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("-B ::1 localhost 7 1", &o), OPTIONS_RUN);
	assert_int_equal(o.family, AF_INET6);
	options_fini(&o);
	assert_int_equal(parse("-6 --bind ::1-::9 localhost 7 1", &o), OPTIONS_RUN);
	assert_int_equal(o.family, AF_INET6);
	assert_int_equal(o.bind.n, 9);
	options_fini(&o);
}

static void test_options_proxy_when_given_then_taken_but_not_for_datagrams(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("--proxy v2,src=192.0.2.1:7 h 7 1", &o), OPTIONS_RUN);
	assert_int_equal(o.proxy.version, PROXY_V2);
	assert_true(o.proxy.has_source);
	options_fini(&o);
	assert_int_equal(parse("--proxy v1 --unix /run/e 1", &o), OPTIONS_RUN);
	assert_int_equal(o.proxy.version, PROXY_V1);
	assert_false(o.proxy.has_source);
	options_fini(&o);
	expect_usage_error("--proxy v3 h 7 1", "--proxy must be v1 or v2");
	expect_usage_error("--proxy v1,src=2001:db8::1:7 h 7 1", "not 'v1,src=2001:db8::1:7'");
	expect_usage_error("--proxy v1 --udp h 7 1", "--proxy is for connections");
	expect_usage_error("--proxy", "needs a value");
}

static void test_options_when_unix_then_one_operand(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("--unix /run/e 3", &o), OPTIONS_RUN);
	assert_string_equal(o.unix_path, "/run/e");
	assert_null(o.host);
	assert_int_equal(o.n_connections, 3);
	options_fini(&o);
	expect_usage_error("--unix /run/e 7 3", "usage: multiconn --unix PATH ");
	expect_usage_error("--unix /run/e -4 3", "mean nothing with --unix");
	expect_usage_error("--unix /run/e -B ::1 3", "mean nothing with --unix");
}

static void test_options_when_a_path_cannot_be_a_sockets_then_its_bounds_are_named(void **state)
{
	char line[160] = "--unix ";
	struct options o;

	(void)state;
	memset(line + 7, 'x', 107);
	strcpy(line + 7 + 107, " 1");
	assert_int_equal(parse(line, &o), OPTIONS_RUN);
	options_fini(&o);
	strcpy(line + 7 + 107, "x 1");
	expect_usage_error(line, "a socket's path has 1 to 107 bytes, not 'xxx");
	expect_usage_error("--unix= 1", "a socket's path has 1 to 107 bytes, not ''");
	expect_usage_error("--control= h 7 1", "--control must be a socket's path or auto, not ''");
}

static void test_options_when_operands_are_missing_then_the_usage_line(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("", &o), 2);
	assert_string_equal(said, "usage: multiconn HOST PORT NUM_CONNECTIONS\n");
	assert_int_equal(parse("127.0.0.1 65432", &o), 2);
	assert_string_equal(said, "usage: multiconn HOST PORT NUM_CONNECTIONS\n");
	assert_int_equal(parse("127.0.0.1 65432 2 2", &o), 2);
}

static void test_options_when_a_value_is_wrong_then_it_is_named(void **state)
{
	(void)state;
	expect_usage_error("h 0 2", "PORT must be 1 to 65535, not '0'");
	expect_usage_error("h 65536 2", "not '65536'");
	expect_usage_error("h echo 2", "not 'echo'");
	expect_usage_error("h 7 0", "NUM_CONNECTIONS must be 1 to 1000000, not '0'");
	expect_usage_error("h 7 two", "not 'two'");
	expect_usage_error("--timeout 0 h 7 2", "--timeout");
	expect_usage_error("--length 0 h 7 2", "--length");
	expect_usage_error("-l 17m h 7 2", "'17m'");
	expect_usage_error("-u --unix /x 2", "--udp and --unix");
	expect_usage_error("-u -l 65528 h 7 2", "65527");
	expect_usage_error("--timeout 5x h 7 2", "'5x'");
	expect_usage_error("-B here h 7 2", "not 'here'");
	expect_usage_error("-B 127.0.0.2- h 7 2", "or two with a hyphen between, not");
	expect_usage_error("-B 127.0.0.2-::1 h 7 2", "one family and interface");
	expect_usage_error("-B 127.0.0.2-127.0.0.1 h 7 2", "the lower address first");
	expect_usage_error("-B 127.0.0.0-127.1.0.0 h 7 2", "at most 65536 addresses");
	expect_usage_error("-B 224.0.0.1 h 7 2", "this machine can have, not '224.0.0.1'");
	expect_usage_error("-B 223.255.255.255-224.0.0.1 h 7 2", "this machine can have");
	expect_usage_error("-B 239.255.255.255-240.0.0.1 h 7 2", "this machine can have");
	expect_usage_error("-B 255.255.255.255 h 7 2", "this machine can have");
	expect_usage_error("-B ff02::1 h 7 2", "this machine can have");
	expect_usage_error("[::1] 7 2", "HOST is written without brackets, not '[::1]'");
	expect_usage_error("-4 -6 h 7 2", "exclude each other");
	expect_usage_error("-6 -B 127.0.0.1 h 7 2", "an IPv4 address, but -6 is given");
	expect_usage_error("-B ::1 -4 h 7 2", "an IPv6 address, but -4 is given");
	expect_usage_error("--timeout", "'--timeout' needs a value");
	expect_usage_error("h 7 2 -B", "'-B' needs a value");
	expect_usage_error("--quiet=yes h 7 2", "'--quiet=yes': the option takes no value");
}

static void test_options_when_a_word_is_unknown_then_the_nearest_is_suggested(void **state)
{
	(void)state;
	expect_usage_error("--contrl /c h 7 2", "did you mean '--control'?");
	expect_usage_error("--selector epol h 7 2", "did you mean 'epoll'?");
	expect_usage_error("--selector kqueues-of-old h 7 2",
			   "no selector 'kqueues-of-old': there are auto, ");
	expect_usage_error("--selector aut h 7 2", "did you mean 'auto'?");
	expect_usage_error("-x h 7 2", "unknown option '-x'");
	expect_usage_error("--zzzzzzzz h 7 2", "unknown option '--zzzzzzzz'\n");
}

static void test_options_when_help_or_version_then_printed_and_0(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse("--help", &o), 0);
	assert_memory_equal(said, "Examples:", 9);
	assert_int_equal(parse("-V", &o), 0);
	assert_memory_equal(said, "multiconn ", 10);
	assert_non_null(strstr(said, "poll"));
}

static int free_said(void **state)
{
	(void)state;
	free(said);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_when_only_operands_then_the_defaults),
		cmocka_unit_test(test_options_service_when_named_then_taken),
		cmocka_unit_test(test_options_service_when_wrong_then_usage),
		cmocka_unit_test(test_options_when_each_is_given_then_each_is_taken),
		cmocka_unit_test(test_options_when_bind_is_ipv6_then_so_is_the_run),
		cmocka_unit_test(test_options_proxy_when_given_then_taken_but_not_for_datagrams),
		cmocka_unit_test(test_options_when_unix_then_one_operand),
		cmocka_unit_test(
		    test_options_when_a_path_cannot_be_a_sockets_then_its_bounds_are_named),
		cmocka_unit_test(test_options_when_operands_are_missing_then_the_usage_line),
		cmocka_unit_test(test_options_when_a_value_is_wrong_then_it_is_named),
		cmocka_unit_test(test_options_when_a_word_is_unknown_then_the_nearest_is_suggested),
		cmocka_unit_test(test_options_when_help_or_version_then_printed_and_0),
	};

	return cmocka_run_group_tests(tests, NULL, free_said);
}
