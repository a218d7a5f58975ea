/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_config.c: what a good file means: defaults, values, origins, includes; and the table of keys.
 */
#include "build.h"

#include "tests/echod/config_files.h"

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

/* Behind a proxy the peers of a Unix socket have addresses. */
static void test_config_when_unix_is_behind_a_proxy_then_networks_are_taken(void **state)
{
	struct config c = load_text(*state, "listeners = { u = { address = \"/run/u.sock\";\n"
					    "transport = \"unix\"; proxy-protocol = \"v2\";\n"
					    "allow = \"10.0.0.0/8\"; accept-rate = 5; }; };\n");

	assert_int_equal(c.listeners[0].allow.length, 1);
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
		FILES_TEST(test_config_when_unix_is_behind_a_proxy_then_networks_are_taken),
		FILES_TEST(test_config_number_when_beyond_32_bits_then_whole),
		FILES_TEST(test_config_number_when_it_has_leading_zeros_then_decimal),
		FILES_TEST(test_config_origin_when_set_then_file_and_line_else_default),
		FILES_TEST(test_config_port_zero_when_twice_in_two_listeners_then_good),
		FILES_TEST(test_config_port_when_tcp_of_one_and_udp_of_another_then_good),
		FILES_TEST(test_config_when_the_name_is_relative_then_file_is_absolute),
		FILES_TEST(test_config_include_when_relative_then_beside_the_file_that_names_it),
		cmocka_unit_test(test_config_keys_when_walked_then_each_row_is_whole_and_unique),
		cmocka_unit_test(test_config_log_levels_when_named_then_as_the_log_names_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
