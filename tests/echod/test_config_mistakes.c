/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_config_mistakes.c: every mistake that a file can have, in the words, with the file and at the
 * line that are said.
 */
#include "build.h"

#include "tests/echod/config_files.h"

#include "echod/config.h"

/* Loads what was written last and compares every mistake, as printed, with the file's name as ~. */
static void expect_errors(struct files *f, const char *path, const char *expected)
{
	struct config_errors errors = { 0 };
	struct config config;
	CLEANUP_FREE char *printed = NULL;
	CLEANUP_FREE char *wanted = NULL;
	size_t size;
	FILE *stream = open_memstream(&wanted, &size);

	for (; *expected; expected++)
		if (*expected == '~')
			fprintf(stream, "%s/", f->directory);
		else
			fputc(*expected, stream);
	fclose(stream);
	if (config_load(path, &config, &errors) == 0)
		fail_msg("accepted, without: %s", wanted);
	stream = open_memstream(&printed, &size);
	config_errors_print(&errors, stream);
	fclose(stream);
	config_errors_fini(&errors);
	assert_string_equal(printed, wanted);
}

static const struct mistake {
	const char *text, *expected;
} mistakes[] = {
	{ "", "~c: no listener: listeners = { echo = { port = 7; }; }; is one\n" },
	{ "# nothing\n", "~c: no listener: listeners = { echo = { port = 7; }; }; is one\n" },
	{ "listeners = { };", "~c:1: listeners: no listener is in it\n" },
	{ "listeners = 5;", "~c:1: listeners: must be a group: { KEY = VALUE; ... }\n" },
	{ "control = \"x\";\nlisteners = { a = 1; };",
	  "~c:1: control: must be a group: { KEY = VALUE; ... }\n"
	  "~c:2: listeners.a: must be a group: { KEY = VALUE; ... }\n" },

	/* Keys. */
	{ "listeners = { a = {\n prot = 7; }; };",
	  "~c:2: listeners.a.prot: unknown key; did you mean 'port'?\n" },
	{ "wrokers = 7;\nlisteners = { a = { }; };",
	  "~c:1: wrokers: unknown key; did you mean 'workers'?\n" },
	{ "listener = { a = { }; };",
	  "~c:1: listener: unknown key; did you mean 'listeners'?\n"
	  "~c: no listener: listeners = { echo = { port = 7; }; }; is one\n" },
	{ "log = { lvel = \"info\"; };\nlisteners = { a = { }; };",
	  "~c:1: log.lvel: unknown key; did you mean 'level'?\n" },
	{ "backlog = 5;\nlisteners = { a = { }; };",
	  "~c:1: backlog: unknown key here; it belongs to a listener: "
	  "listeners = { NAME = { backlog = ...; }; };\n" },
	{ "quux = 5;\nlisteners = { a = { }; };", "~c:1: quux: unknown key\n" },
	{ "listeners = { a = { }; b = { port = 8; };\n a = { }; };",
	  "~c:2: this name was already used in the same group\n" },
	{ "listeners = { a* = { }; };",
	  "~c:1: listeners.a*: a listener's name has at most 64 letters, digits, - and _\n" },

	/* Types and ranges. */
	{ "listeners = { a = { port = 65536; }; };",
	  "~c:1: listeners.a.port: must be 0 to 65535\n" },
	{ "listeners = { a = { port = -1; }; };", "~c:1: listeners.a.port: must be 0 to 65535\n" },
	{ "listeners = { a = { port = 4294967303; }; };",
	  "~c:1: listeners.a.port: must be 0 to 65535\n" },
	{ "listeners = { a = { port = \"7\"; }; };",
	  "~c:1: listeners.a.port: must be a decimal number without quotes\n" },
	{ "listeners = { a = { port = 0x7; }; };",
	  "~c:1: listeners.a.port: must be a decimal number without quotes\n" },
	{ "listeners = { a = { port = 7.5; }; };",
	  "~c:1: listeners.a.port: must be a decimal number without quotes\n" },
	{ "listeners = { a = { port = 99999999999999999999; }; };",
	  "~c:1: this number is too large\n" },
	{ "workers = 257;\nlisteners = { a = { }; };", "~c:1: workers: must be 0 to 256\n" },
	{ "log = { access = 1; };\nlisteners = { a = { }; };",
	  "~c:1: log.access: must be true or false\n" },
	{ "drain-timeout = \"5x\";\nlisteners = { a = { }; };",
	  "~c:1: drain-timeout: must be a whole number of seconds, or a duration such as \"5s\" or "
	  "\"250ms\", or \"off\"\n" },
	{ "drain-timeout = 0;\nlisteners = { a = { }; };",
	  "~c:1: drain-timeout: must be 1ms to 8760h or \"off\"\n" },
	{ "drain-timeout = 9223372036854775;\nlisteners = { a = { }; };",
	  "~c:1: drain-timeout: must be 1ms to 8760h or \"off\"\n" },
	{ "drain-timeout = -9223372036854775807L;\nlisteners = { a = { }; };",
	  "~c:1: drain-timeout: must be 1ms to 8760h or \"off\"\n" },
	{ "listeners = { a = { max-pending = \"off\"; }; };",
	  "~c:1: listeners.a.max-pending: must be a decimal number of bytes, or a size such as "
	  "\"256k\"\n" },
	{ "listeners = { a = { max-pending = \"2g\"; }; };",
	  "~c:1: listeners.a.max-pending: must be 1k to 1g\n" },
	{ "max-connections = \"many\";\nlisteners = { a = { }; };",
	  "~c:1: max-connections: must be a decimal number, or in quotes with k or m, such as "
	  "\"20k\", or \"off\"\n" },
	{ "source-prefix-ipv4 = 33; source-prefix-ipv6 = 129;\nlisteners = { a = { }; };",
	  "~c:1: source-prefix-ipv4: must be 1 to 32\n"
	  "~c:1: source-prefix-ipv6: must be 1 to 128\n" },
	{ "control = { socket-mode = 0660; };\nlisteners = { a = { }; };",
	  "~c:1: control.socket-mode: must be octal permissions in quotes such as \"0660\"\n" },
	{ "control = { socket-mode = \"0888\"; };\nlisteners = { a = { }; };",
	  "~c:1: control.socket-mode: must be octal permissions in quotes such as \"0660\"\n" },
	{ "control = { socket-mode = \"4777\"; };\nlisteners = { a = { }; };",
	  "~c:1: control.socket-mode: must be 0000 to 0777\n" },
	{ "user = 5;\nlisteners = { a = { }; };", "~c:1: user: must be a name in quotes\n" },
	{ "user = \"a:b\";\nlisteners = { a = { }; };", "~c:1: user: 'a:b' cannot be a name\n" },
	{ "user = \"\\x01\";\nlisteners = { a = { }; };",
	  "~c:1: user: has control characters or is not UTF-8\n" },
	{ "user = \"\xff\";\nlisteners = { a = { }; };",
	  "~c:1: user: has control characters or is not UTF-8\n" },
	{ "control = { admin-groups = [ \"a\",\n\"b/c\",\n\"\" ]; };\nlisteners = { a = { }; };",
	  "~c:2: control.admin-groups: 'b/c' cannot be a name\n"
	  "~c:3: control.admin-groups: a name is empty\n" },
	{ "control = { admin-groups = ( \"a\", 5 ); };\nlisteners = { a = { }; };",
	  "~c:1: control.admin-groups: must be a list of names such as [ \"staff\" ]\n" },
	{ "pid-file = \"x.pid\";\nlisteners = { a = { }; };",
	  "~c:1: pid-file: 'x.pid' is relative; an absolute path is needed\n" },

	/* Words. */
	{ "selector = \"epol\";\nlisteners = { a = { }; };",
	  "~c:1: selector: unknown selector 'epol'; did you mean 'epoll'?\n" },
	{ "selector = \"kqueue\";\nlisteners = { a = { }; };",
	  "~c:1: selector: unknown selector 'kqueue'; known: auto, epoll, poll, select\n" },
	{ "log = { level = \"inof\"; };\nlisteners = { a = { }; };",
	  "~c:1: log.level: unknown log.level 'inof'; did you mean 'info'?\n" },
	{ "log = { to = \"nowhere\"; };\nlisteners = { a = { }; };",
	  "~c:1: log.to: unknown log.to 'nowhere'; known: auto, stderr, syslog, journal, file\n" },
	{ "log = { to = \"file\"; };\nlisteners = { a = { }; };",
	  "~c:1: log.to: \"file\" needs log.file to name one\n" },
	{ "listeners = { a = { service = \"ehco\"; }; };",
	  "~c:1: listeners.a.service: unknown service 'ehco'; did you mean 'echo'?\n" },
	{ "listeners = { a = { transport = [ \"sctp\" ]; }; };",
	  "~c:1: listeners.a.transport: unknown transport 'sctp'; known: tcp, udp, unix\n" },
	{ "reflector-ports = [ 7, 65536, -1, 8 ];\nlisteners = { a = { }; };",
	  "~c:1: reflector-ports: must be 0 to 65535\n"
	  "~c:1: reflector-ports: must be 0 to 65535\n" },
	{ "metrics-listen = \"localhost:9007\";\nlisteners = { a = { }; };",
	  "~c:1: metrics-listen: 'localhost:9007' is not a numeric address with a port, such as "
	  "\"127.0.0.1:9007\" or \"[::1]:9007\"\n" },
	{ "metrics-listen = 9007;\nlisteners = { a = { }; };",
	  "~c:1: metrics-listen: must be an address and a port in quotes such as "
	  "\"127.0.0.1:9007\"\n" },
	{ "reflector-ports = [ \"7\" ];\nlisteners = { a = { }; };",
	  "~c:1: reflector-ports: must be a list of ports such as [ 7, 19 ]\n" },
	{ "listeners = { a = { transport = [ \"tcp\", \"udp\" ]; };\n"
	  "b = { transport = \"udp\"; address = \"127.0.0.1\"; }; };",
	  "~c:2: listeners.b.address: the same address and port as listener 'a' at ~c:1\n" },
	{ "listeners = { a = { transport = \"udp\"; port = 70000;\n max-connections = 5;\n"
	  "accept-rate = 0; allow = \"10.0.0.0/8\"; udp-rate = 3;\n idle-timeout = \"off\";\n"
	  "max-pending = \"1k\"; }; };",
	  "~c:1: listeners.a.port: must be 0 to 65535\n"
	  "~c:3: listeners.a.accept-rate: must be 1 to 1000000 or \"off\"\n"
	  "~c:2: listeners.a.max-connections: transport \"udp\" has no connections\n"
	  "~c:5: listeners.a.max-pending: transport \"udp\" has no connections\n"
	  "~c:4: listeners.a.idle-timeout: transport \"udp\" has no connections\n" },
	{ "listeners = { a = { transport = \"unix\"; address = \"/x\"; max-connections = 5;\n"
	  "accept-burst = 3;\n deny = [ \"10.0.0.1\" ]; }; };",
	  "~c:2: listeners.a.accept-burst: transport \"unix\" has no addresses, unless a proxy "
	  "names them\n"
	  "~c:3: listeners.a.deny: transport \"unix\" has no addresses, unless a proxy names "
	  "them\n" },
	{ "listeners = { a = { udp-burst = 0; udp-rate = \"no\"; udp-amplify = 1; }; };",
	  "~c:1: listeners.a.udp-burst: must be 1 to 1000000\n"
	  "~c:1: listeners.a.udp-rate: must be a decimal number, or in quotes with k or m, such as "
	  "\"20k\", or \"off\"\n"
	  "~c:1: listeners.a.udp-amplify: must be true or false\n" },
	{ "listeners = { a = { transport = [ ]; }; };",
	  "~c:1: listeners.a.transport: no transport is in it\n" },

	/* Networks. */
	{ "listeners = { a = { allow = [ \"10.0.0.1/8\",\n\"10.0.0.0/33\",\n\"ten\" ]; }; };",
	  "~c:1: listeners.a.allow: '10.0.0.1/8' has bits set behind its prefix; did you mean "
	  "'10.0.0.0/8'?\n"
	  "~c:2: listeners.a.allow: '10.0.0.0/33' has a prefix longer than its address\n"
	  "~c:3: listeners.a.allow: 'ten' is not a network such as \"10.0.0.0/8\" or \"::1\"\n" },
	{ "listeners = { a = { deny = \"2001:db8::1/127\"; }; };",
	  "~c:1: listeners.a.deny: '2001:db8::1/127' has bits set behind its prefix; did you mean "
	  "'2001:db8::/127'?\n" },

	/* Addresses. */
	{ "listeners = { a = {\n address = \"127.0.0.300\"; }; };",
	  "~c:2: listeners.a.address: '127.0.0.300' is neither a numeric address nor \"*\"\n" },
	{ "listeners = { a = { address = \"localhost\"; }; };",
	  "~c:1: listeners.a.address: 'localhost' is neither a numeric address nor \"*\"\n" },
	{ "listeners = { a = { address = \"::ffff:127.0.0.1\"; }; };",
	  "~c:1: listeners.a.address: '::ffff:127.0.0.1' is an IPv4 address in IPv6 form; write it "
	  "as IPv4\n" },
	{ "listeners = { a = { address = [ ]; }; };",
	  "~c:1: listeners.a.address: no address is in it\n" },
	{ "listeners = { a = { address = \"/run/x\"; }; };",
	  "~c:1: listeners.a.address: '/run/x' is a path; that needs transport \"unix\"\n" },
	{ "listeners = { a = { socket-mode = \"0600\"; }; };",
	  "~c:1: listeners.a.socket-mode: only transport \"unix\" has one\n" },
	{ "listeners = { a = { transport = [ \"tcp\", \"unix\" ]; }; };",
	  "~c:1: listeners.a.transport: \"unix\" stands alone\n" },
	{ "listeners = { a = { transport = \"unix\"; }; };",
	  "~c:1: listeners.a.address: transport \"unix\" needs one absolute path\n" },
	{ "listeners = { a = { transport = \"unix\"; address = [ \"/a\", \"/b\" ]; }; };",
	  "~c:1: listeners.a.address: transport \"unix\" needs one absolute path\n" },
	{ "listeners = { a = { transport = \"unix\"; address = \"a\"; }; };",
	  "~c:1: listeners.a.address: 'a': transport \"unix\" needs an absolute path\n" },
	{ "listeners = { a = { transport = \"unix\"; address = \"/a\"; port = 7; }; };",
	  "~c:1: listeners.a.port: transport \"unix\" has none\n" },

	/* Proxies. */
	{ "listeners = { a = {\n proxy-protocol = \"any\"; }; };",
	  "~c:2: listeners.a.proxy-protocol: it needs proxy-trusted to name the networks of the "
	  "proxies\n" },
	{ "listeners = { a = { proxy-protocol = \"v3\"; proxy-trusted = \"::1\"; }; };",
	  "~c:1: listeners.a.proxy-protocol: unknown proxy-protocol 'v3'; did you mean 'v1'?\n" },

	{ "listeners = { a = { transport = \"udp\"; proxy-protocol = \"v1\"; proxy-trusted = \"::1\"; };"
	  "};",
	  "~c:1: listeners.a.proxy-protocol: transport \"udp\" has none: whoever can send would be "
	  "answered\n" },

	/* Overlaps. */
	{ "listeners = { a = { };\n b = { }; };",
	  "~c:2: listeners.b.address: the same address and port as listener 'a' at ~c:1\n"
	  "~c:2: listeners.b.address: the same address and port as listener 'a' at ~c:1\n" },
	{ "listeners = { a = { address = \"*\"; };\n b = { address = \"127.0.0.1\"; }; };",
	  "~c:2: listeners.b.address: the same address and port as listener 'a' at ~c:1\n" },
	{ "listeners = { a = { address = \"::1\"; };\n b = { address = \"::\"; }; };",
	  "~c:2: listeners.b.address: the same address and port as listener 'a' at ~c:1\n" },
	{ "listeners = { a = { address = [ \"::1\", \"0::1\" ]; }; };",
	  "~c:1: listeners.a.address: two of the addresses are the same, or one includes the "
	  "other\n" },
	{ "listeners = { a = { port = 0; address = [ \"*\", \"::1\" ]; }; };",
	  "~c:1: listeners.a.address: two of the addresses are the same, or one includes the "
	  "other\n" },
	{ "listeners = { a = { transport = \"unix\"; address = \"/a\"; };\n"
	  "b = { transport = \"unix\"; address = \"/a\"; }; };",
	  "~c:2: listeners.b.address: the same address and port as listener 'a' at ~c:1\n" },

	/* Grammar. */
	{ "workers = 2\nlisteners = {\n a = { port = 5s; }; };",
	  "~c:3: syntax error here, or just before (a missing ';' or quote?)\n" },
	{ "listeners = { a = { address = [ \"::1\", 5 ]; }; };",
	  "~c:1: the elements of a list must be of one type\n" },
	{ "\n/* for ever\n", "~c:2: this comment is never closed\n" },
	{ "\n\nuser = \"echod;\n", "~c:3: this string is never closed\n" },
	{ "user = \"a\\x00b\";", "~c:1: a string cannot contain \\x00\n" },
	{ "user = \"u\"; @include \"x\"\n",
	  "~c:1: write @include \"FILE\" on a line of its own\n" },
	{ "\n@include x\n", "~c:2: write @include \"FILE\" on a line of its own\n" },
	{ "@include \"\"\n", "~c:1: write @include \"FILE\" on a line of its own\n" },
	{ "@include \"none\"\n", "~c:1: ~none: No such file or directory\n" },
	{ "\n@include \".\"\n", "~c:2: ~.: is a directory, not a file\n" },
	{ "@include \"/dev/null\"\n", "~c:1: /dev/null: is not a regular file\n" },
	{ "\n@include \"c\"\n",
	  "~c:2: too many includes in one another: does a file include itself?\n" },

	/* All in one go. */
	{ "wrokers = 2;\nlog = { level = \"loud\"; };\nlisteners = {\n a = {\n  port = 70000;\n"
	  "  service = \"eco\";\n };\n b = { address = \"nowhere\"; };\n};",
	  "~c:1: wrokers: unknown key; did you mean 'workers'?\n"
	  "~c:2: log.level: unknown log.level 'loud'; known: error, warning, notice, info, debug\n"
	  "~c:5: listeners.a.port: must be 0 to 65535\n"
	  "~c:6: listeners.a.service: unknown service 'eco'; did you mean 'echo'?\n"
	  "~c:8: listeners.b.address: 'nowhere' is neither a numeric address nor \"*\"\n" },
};

static void test_config_mistake_when_made_then_its_message_at_its_line(void **state)
{
	for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++)
		expect_errors(*state, files_write(*state, "c", mistakes[i].text),
			      mistakes[i].expected);
}

static void test_config_mistake_when_in_an_include_then_its_file_and_line(void **state)
{
	struct files *f = *state;

	files_write(f, "i", "\nwrokers = 2;\n");
	files_write(f, "c", "@include \"i\"\ngorup = \"g\";\nlisteners = { a = { }; };\n");
	expect_errors(f, f->path,
		      "~i:2: wrokers: unknown key; did you mean 'workers'?\n"
		      "~c:2: gorup: unknown key; did you mean 'group'?\n");
}

static void test_config_syntax_error_when_in_an_include_then_its_file_and_line(void **state)
{
	struct files *f = *state;

	files_write(f, "i", "\n\nworkers 2;\n");
	files_write(f, "c", "user = \"u\";\n@include \"i\"\n");
	expect_errors(f, f->path,
		      "~i:3: syntax error here, or just before (a missing ';' or quote?)\n");
}

static void test_config_file_when_missing_or_no_file_then_said(void **state)
{
	struct files *f = *state;

	expect_errors(f, files_path(f, "none"), "~none: No such file or directory\n");
	assert_int_equal(mkdir(files_path(f, "d"), 0700), 0);
	expect_errors(f, f->path, "~d: is a directory, not a file\n");
	assert_int_equal(mkfifo(files_path(f, "p"), 0600), 0);
	expect_errors(f, f->path, "~p: is not a regular file\n");
}

static void test_config_include_when_unreadable_then_said(void **state)
{
	struct files *f = *state;

	if (geteuid() == 0)
		skip(); /* root reads everything */
	files_write(f, "i", "");
	assert_int_equal(chmod(f->path, 0), 0);
	expect_errors(f, files_write(f, "c", "@include \"i\"\n"), "~c:1: ~i: Permission denied\n");
}

static void test_config_file_when_it_has_a_nul_byte_then_its_line(void **state)
{
	static const char bytes[] = "user = \"u\";\n# \0\nlisteners = { a = { }; };\n";

	expect_errors(*state, files_write_bytes(*state, "c", bytes, sizeof(bytes) - 1),
		      "~c:2: a NUL byte: this is not a text file\n");
}

static void test_config_file_when_too_large_then_said(void **state)
{
	struct files *f = *state;
	FILE *stream = fopen(files_path(f, "c"), "w");

	assert_non_null(stream);
	for (int i = 0; i < 5 << 20; i++)
		fputc('\n', stream);
	assert_int_equal(fclose(stream), 0);
	expect_errors(f, f->path, "~c: is too large for a configuration\n");
}

static void test_config_unix_path_when_too_long_then_said(void **state)
{
	struct files *f = *state;
	char text[400], expected[400], path[120];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	snprintf(text, sizeof(text),
		 "listeners = { a = { transport = \"unix\"; address = \"%s\"; }; };", path);
	snprintf(expected, sizeof(expected),
		 "~c:1: listeners.a.address: the path is longer than a Unix socket's can be "
		 "(107 bytes): %s\n",
		 path);
	expect_errors(f, files_write(f, "c", text), expected);
}

static void write_endpoints(struct files *f, int n)
{
	FILE *stream = fopen(files_path(f, "c"), "w");

	assert_non_null(stream);
	fputs("listeners = {\n", stream);
	for (int i = 0; i < n; i++)
		fprintf(stream, "l%d = { port = %d; };\n", i, 1000 + i);
	fputs("};\n", stream);
	assert_int_equal(fclose(stream), 0);
}

static void test_config_endpoints_when_256_then_good_and_257_then_said(void **state)
{
	struct files *f = *state;
	struct config_errors errors = { 0 };
	struct config c;

	write_endpoints(f, 128);
	assert_int_equal(config_load(f->path, &c, &errors), 0);
	assert_int_equal(c.n_listeners, 128);
	config_fini(&c);
	write_endpoints(f, 129);
	expect_errors(f, f->path,
		      "~c:130: listeners.l128.address: with this the configuration has more than "
		      "256 endpoints\n");
	write_endpoints(f, 257);
	expect_errors(f, f->path, "~c:1: listeners: more than 256 listeners\n");
}

#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILES_TEST(test_config_mistake_when_made_then_its_message_at_its_line),
		FILES_TEST(test_config_mistake_when_in_an_include_then_its_file_and_line),
		FILES_TEST(test_config_syntax_error_when_in_an_include_then_its_file_and_line),
		FILES_TEST(test_config_file_when_missing_or_no_file_then_said),
		FILES_TEST(test_config_include_when_unreadable_then_said),
		FILES_TEST(test_config_file_when_it_has_a_nul_byte_then_its_line),
		FILES_TEST(test_config_file_when_too_large_then_said),
		FILES_TEST(test_config_unix_path_when_too_long_then_said),
		FILES_TEST(test_config_endpoints_when_256_then_good_and_257_then_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
