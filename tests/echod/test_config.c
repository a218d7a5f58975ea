/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "build.h"

#include "tests/echod/config_files.h"

#include <netdb.h>

#include "echod/config.h"
#include "echod/config_table.h"

/* ---- Good files ---- */

static struct config load(const char *path)
{
	struct config_errors errors = { 0 };
	struct config config;
	int r = config_load(path, &config, &errors);

	config_errors_print(&errors, stderr);
	assert_int_equal(r, 0);
	assert_int_equal(errors.length, 0);
	config_errors_fini(&errors);
	return config;
}

static struct config load_text(struct files *f, const char *text)
{
	return load(files_write(f, "echod.conf", text));
}

static void test_config_when_only_a_listener_is_named_then_defaults(void **state)
{
	struct config c = load_text(*state, "listeners = { echo = { }; };\n");

	assert_string_equal(c.user, "echod");
	assert_string_equal(c.group, "");
	assert_int_equal(c.workers, 0);
	assert_string_equal(c.selector, "auto");
	assert_int_equal(c.control_socket_mode, 0660);
	assert_int_equal(c.operate_groups.length, 0);
	assert_int_equal(c.log_to, CONFIG_LOG_AUTO);
	assert_int_equal(c.log_level, LOG_LEVEL_INFO);
	assert_false(c.log_access);
	assert_int_equal(c.drain_timeout_ms, 5000);
	assert_int_equal(c.max_pending_total, 64 << 20);
	assert_int_equal(c.max_connections, 0);
	assert_int_equal(c.accept_burst, 100);
	assert_int_equal(c.source_prefix_ipv6, 56);
	assert_string_equal(c.metrics_listen, "");
	assert_int_equal(c.n_listeners, 1);
	config_fini(&c);
}

static void test_config_listener_when_only_named_then_defaults(void **state)
{
	struct config c = load_text(*state, "# one\nlisteners = {\n echo = { }; };\n");
	const struct config_listener *l = &c.listeners[0];

	assert_string_equal(l->name, "echo");
	assert_int_equal(l->address.length, 2);
	assert_string_equal(l->address.items[0], "127.0.0.1");
	assert_string_equal(l->address.items[1], "::1");
	assert_int_equal(l->port, 7);
	assert_int_equal(l->transports, SERVICE_TCP);
	assert_ptr_equal(l->service, service_find("echo"));
	assert_int_equal(l->backlog, 4096);
	assert_int_equal(l->max_pending, 256 << 10);
	assert_int_equal(l->idle_ms, 0);
	assert_int_equal(l->stall_ms, 60000);
	assert_int_equal(l->socket_mode, 0666);
	assert_int_equal(l->udp_rate, 1000);
	assert_int_equal(l->udp_burst, 2000);
	assert_false(l->udp_amplify);
	assert_int_equal(c.reflector_ports.length, 11);
	assert_int_equal(c.reflector_ports.items[10], 11211);
	assert_int_equal(l->line, 3);
	assert_string_equal(l->file, c.file);
	config_fini(&c);
}

static void test_config_when_every_global_is_set_then_each_arrives(void **state)
{
	struct config c = load_text(
	    *state,
	    "user = \"ann\"; group = \"staff\"; workers = 4; selector = \"poll\";\n"
	    "pid-file = \"/run/x.pid\"; drain-timeout = 7; max-pending-total = \"1g\";\n"
	    "control = { socket = \"/run/x.sock\"; socket-mode = \"0600\"; group = \"adm\";\n"
	    "  operate-groups = [ \"a\", \"b\" ]; admin-groups = \"c\"; };\n"
	    "log = { to = \"file\"; file = \"/var/log/x\"; level = \"debug\"; access = true; };\n"
	    "max-connections = 1000; max-connections-per-source = \"2k\"; accept-rate = 50;\n"
	    "accept-burst = \"1k\"; source-prefix-ipv4 = 24; source-prefix-ipv6 = 64;\n"
	    "reflector-ports = [ 0, 65535 ];\n"
	    "listeners = { a = { }; };\n");

	assert_string_equal(c.user, "ann");
	assert_string_equal(c.group, "staff");
	assert_int_equal(c.workers, 4);
	assert_string_equal(c.selector, "poll");
	assert_string_equal(c.pid_file, "/run/x.pid");
	assert_int_equal(c.drain_timeout_ms, 7000);
	assert_int_equal(c.max_pending_total, INT64_C(1) << 30);
	assert_string_equal(c.control_socket, "/run/x.sock");
	assert_int_equal(c.control_socket_mode, 0600);
	assert_string_equal(c.control_group, "adm");
	assert_int_equal(c.operate_groups.length, 2);
	assert_string_equal(c.operate_groups.items[1], "b");
	assert_string_equal(c.admin_groups.items[0], "c");
	assert_int_equal(c.log_to, CONFIG_LOG_FILE);
	assert_string_equal(c.log_file, "/var/log/x");
	assert_int_equal(c.log_level, LOG_LEVEL_DEBUG);
	assert_true(c.log_access);
	assert_int_equal(c.max_connections, 1000);
	assert_int_equal(c.max_connections_per_source, 2000);
	assert_int_equal(c.accept_rate, 50);
	assert_int_equal(c.accept_burst, 1000);
	assert_int_equal(c.source_prefix_ipv4, 24);
	assert_int_equal(c.source_prefix_ipv6, 64);
	assert_int_equal(c.reflector_ports.length, 2);
	assert_int_equal(c.reflector_ports.items[0], 0);
	assert_int_equal(c.reflector_ports.items[1], 65535);
	config_fini(&c);
}

/* Where the build has no HTTP side, nobody can believe that there is one. */
static void test_config_metrics_listen_when_set_then_kept_or_refused(void **state)
{
	static const char text[] = "listeners = { a = { }; };\n"
				   "metrics-listen = \"[::1]:9007\";\n";
	struct config_errors errors = { 0 };
	struct config c;

	if (strcmp(ECHOD_LIBMICROHTTPD, "yes") == 0) {
		c = load_text(*state, text);
		assert_string_equal(c.metrics_listen, "[::1]:9007");
		config_fini(&c);
		return;
	}
	assert_int_equal(config_load(files_write(*state, "c", text), &c, &errors), -EINVAL);
	assert_int_equal(errors.length, 1);
	assert_int_equal(errors.items[0].line, 2);
	assert_string_equal(errors.items[0].message,
			    "metrics-listen: this echod was built without HTTP (libmicrohttpd)");
	config_errors_fini(&errors);
}

static void test_config_when_every_key_of_a_listener_is_set_then_each_arrives(void **state)
{
	struct config c = load_text(
	    *state, "listeners = { a = {\n"
		    "  address = \"192.0.2.1\"; port = 8007; transport = [ \"udp\", \"tcp\" ];\n"
		    "  service = \"echo\"; udp-rate = \"2k\"; udp-burst = 3; udp-amplify = true;\n"
		    "  backlog = 5; max-connections = 6; max-connections-per-source = 7;\n"
		    "  accept-rate = 8; accept-burst = 9; max-pending = 4096;\n"
		    "  allow = [ \"10.0.0.0/8\", \"2001:db8::/32\" ]; deny = \"10.1.2.3\";\n"
		    "  idle-timeout = \"250ms\"; first-byte-timeout = \"2m\"; lifetime = \"1h\";\n"
		    "  stall-timeout = \"off\"; }; };\n");
	const struct config_listener *l = &c.listeners[0];

	assert_int_equal(l->address.length, 1);
	assert_int_equal(l->port, 8007);
	assert_int_equal(l->transports, SERVICE_TCP | SERVICE_UDP);
	assert_int_equal(l->udp_rate, 2000);
	assert_int_equal(l->udp_burst, 3);
	assert_true(l->udp_amplify);
	assert_int_equal(l->backlog, 5);
	assert_int_equal(l->max_connections, 6);
	assert_int_equal(l->max_connections_per_source, 7);
	assert_int_equal(l->accept_rate, 8);
	assert_int_equal(l->accept_burst, 9);
	assert_int_equal(l->max_pending, 4096);
	assert_int_equal(l->allow.length, 2);
	assert_int_equal(l->allow.items[0].bits, 8);
	assert_int_equal(l->allow.items[0].address.address[0], 10);
	assert_int_equal(l->allow.items[1].address.family, PEER_IPV6);
	assert_int_equal(l->deny.items[0].bits, 32);
	assert_int_equal(l->idle_ms, 250);
	assert_int_equal(l->first_byte_ms, 120000);
	assert_int_equal(l->lifetime_ms, 3600000);
	assert_int_equal(l->stall_ms, 0);
	config_fini(&c);
}

static void test_config_when_transport_is_unix_then_one_path(void **state)
{
	struct config c = load_text(*state, "listeners = { u = { address = \"/run/u.sock\";\n"
					    "transport = \"unix\"; socket-mode = \"600\"; }; };\n");

	assert_int_equal(c.listeners[0].transports, SERVICE_UNIX);
	assert_string_equal(c.listeners[0].address.items[0], "/run/u.sock");
	assert_int_equal(c.listeners[0].socket_mode, 0600);
	config_fini(&c);
}

/* libconfig 1.5 cuts a number without the suffix L to 32 bits, silently. */
static void test_config_number_when_beyond_32_bits_then_whole(void **state)
{
	struct config c = load_text(*state, "max-pending-total = 4294967296;\n"
					    "listeners = { a = { }; };\n");

	assert_int_equal(c.max_pending_total, INT64_C(4294967296));
	config_fini(&c);
}

static void test_config_number_when_it_has_leading_zeros_then_decimal(void **state)
{
	struct config c = load_text(*state, "listeners = { a = { port = 0010; }; };\n");

	assert_int_equal(c.listeners[0].port, 10);
	config_fini(&c);
}

static void test_config_origin_when_set_then_file_and_line_else_default(void **state)
{
	struct config c =
	    load_text(*state, "workers = 2;\nlisteners = { a = {\n\nport = 5; }; };\n");
	const struct config_origin *o =
	    config_key_origin(config_key_find("workers", false), &c, NULL);

	assert_int_equal(o->kind, CONFIG_FROM_FILE);
	assert_string_equal(o->file, c.file);
	assert_int_equal(o->line, 1);
	o = config_key_origin(config_key_find("port", true), &c, &c.listeners[0]);
	assert_int_equal(o->line, 4);
	o = config_key_origin(config_key_find("backlog", true), &c, &c.listeners[0]);
	assert_int_equal(o->kind, CONFIG_FROM_DEFAULT);
	assert_null(o->file);
	config_fini(&c);
}

static void test_config_port_zero_when_twice_in_two_listeners_then_good(void **state)
{
	struct config c =
	    load_text(*state, "listeners = { a = { port = 0; }; b = { port = 0; }; };\n");

	assert_int_equal(c.n_listeners, 2);
	config_fini(&c);
}

static void test_config_port_when_tcp_of_one_and_udp_of_another_then_good(void **state)
{
	struct config c = load_text(*state, "listeners = { a = { transport = \"tcp\"; };\n"
					    "b = { transport = \"udp\"; }; };\n");

	assert_int_equal(c.listeners[1].transports, SERVICE_UDP);
	config_fini(&c);
}

static void test_config_when_the_name_is_relative_then_file_is_absolute(void **state)
{
	struct files *f = *state;
	char here[4096];
	struct config c;

	files_write(f, "echod.conf", "listeners = { a = { }; };\n");
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(f->directory), 0);
	c = load("echod.conf");
	assert_int_equal(chdir(here), 0);
	assert_int_equal(c.file[0], '/');
	assert_string_equal(c.file + strlen(c.file) - strlen("/echod.conf"), "/echod.conf");
	config_fini(&c);
}

/* ---- Includes ---- */

static void test_config_include_when_relative_then_beside_the_file_that_names_it(void **state)
{
	struct files *f = *state;
	struct config c;
	const struct config_origin *o;

	assert_int_equal(mkdir(files_path(f, "d"), 0700), 0);
	files_write(f, "d/a", "# a comment\nworkers = 3;\n\t@include \"b\"\n");
	files_write(f, "d/b", "selector = \"poll\";"); /* no line feed at the end */
	files_write(f, "echod.conf",
		    "user = \"u\";\n@include \"d/a\"  # why\ngroup = \"g\";\n"
		    "/* @include \"none\" */ listeners = { a = { }; };\n");
	c = load(f->path);
	assert_int_equal(c.workers, 3);
	assert_string_equal(c.selector, "poll");
	o = config_key_origin(config_key_find("workers", false), &c, NULL);
	assert_string_equal(o->file + strlen(f->directory), "/d/a");
	assert_int_equal(o->line, 2);
	o = config_key_origin(config_key_find("selector", false), &c, NULL);
	assert_string_equal(o->file + strlen(f->directory), "/d/b");
	assert_int_equal(o->line, 1);
	o = config_key_origin(config_key_find("group", false), &c, NULL);
	assert_string_equal(o->file, c.file);
	assert_int_equal(o->line, 3);
	assert_int_equal(c.files.length, 3);
	config_fini(&c);
}

/* ---- Bad files ---- */

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
	struct config c;

	write_endpoints(f, 128);
	c = load(f->path);
	assert_int_equal(c.n_listeners, 128);
	config_fini(&c);
	write_endpoints(f, 129);
	expect_errors(f, f->path,
		      "~c:130: listeners.l128.address: with this the configuration has more than "
		      "256 endpoints\n");
	write_endpoints(f, 257);
	expect_errors(f, f->path, "~c:1: listeners: more than 256 listeners\n");
}

/* ---- HOST PORT ---- */

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

/* ---- The table ---- */

static void test_config_keys_when_walked_then_each_row_is_whole_and_unique(void **state)
{
	size_t n;
	const struct config_key *keys = config_keys(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(config_key_find(keys[i].name, keys[i].of_listener), &keys[i]);
		assert_non_null(keys[i].help);
		assert_non_null(keys[i].default_text);
		assert_null(strchr(keys[i].help, '\n'));
		if (keys[i].kind == KIND_WORD || keys[i].kind == KIND_CHOICE)
			assert_non_null(keys[i].words);
	}
}

static void test_config_log_levels_when_named_then_as_the_log_names_them(void **state)
{
	const struct config_key *key = config_key_find("log.level", false);

	(void)state;
	for (int i = 0; i <= LOG_LEVEL_DEBUG; i++)
		assert_string_equal(key->words[i], log_level_name(i));
}

int main(void)
{
#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		FILES_TEST(test_config_when_only_a_listener_is_named_then_defaults),
		FILES_TEST(test_config_listener_when_only_named_then_defaults),
		FILES_TEST(test_config_when_every_global_is_set_then_each_arrives),
		FILES_TEST(test_config_metrics_listen_when_set_then_kept_or_refused),
		FILES_TEST(test_config_when_every_key_of_a_listener_is_set_then_each_arrives),
		FILES_TEST(test_config_when_transport_is_unix_then_one_path),
		FILES_TEST(test_config_number_when_beyond_32_bits_then_whole),
		FILES_TEST(test_config_number_when_it_has_leading_zeros_then_decimal),
		FILES_TEST(test_config_origin_when_set_then_file_and_line_else_default),
		FILES_TEST(test_config_port_zero_when_twice_in_two_listeners_then_good),
		FILES_TEST(test_config_port_when_tcp_of_one_and_udp_of_another_then_good),
		FILES_TEST(test_config_when_the_name_is_relative_then_file_is_absolute),
		FILES_TEST(test_config_include_when_relative_then_beside_the_file_that_names_it),
		FILES_TEST(test_config_mistake_when_made_then_its_message_at_its_line),
		FILES_TEST(test_config_mistake_when_in_an_include_then_its_file_and_line),
		FILES_TEST(test_config_syntax_error_when_in_an_include_then_its_file_and_line),
		FILES_TEST(test_config_file_when_missing_or_no_file_then_said),
		FILES_TEST(test_config_include_when_unreadable_then_said),
		FILES_TEST(test_config_file_when_it_has_a_nul_byte_then_its_line),
		FILES_TEST(test_config_file_when_too_large_then_said),
		FILES_TEST(test_config_unix_path_when_too_long_then_said),
		FILES_TEST(test_config_endpoints_when_256_then_good_and_257_then_said),
		cmocka_unit_test(test_config_arguments_when_numeric_then_one_listener_echo),
		cmocka_unit_test(test_config_arguments_when_empty_or_star_then_all_addresses),
		cmocka_unit_test(test_config_arguments_when_a_name_then_numeric_addresses),
		cmocka_unit_test(test_config_arguments_when_wrong_then_each_is_said),
		cmocka_unit_test(test_config_keys_when_walked_then_each_row_is_whole_and_unique),
		cmocka_unit_test(test_config_log_levels_when_named_then_as_the_log_names_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
