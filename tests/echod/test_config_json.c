/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "build.h"

#include "tests/echod/config_files.h"

#include "echod/config.h"
#include "echod/config_json.h"

static const char every_key[] =
    "user = \"ann\"; group = \"staff\"; workers = 4; selector = \"poll\";\n"
    "pid-file = \"/run/x.pid\"; drain-timeout = 7; max-pending-total = \"1g\";\n"
    "control = { socket = \"/run/x.sock\"; socket-mode = \"0600\"; group = \"adm\";\n"
    "  operate-groups = [ \"a\", \"b\" ]; admin-groups = \"c\"; };\n"
    "log = { to = \"file\"; file = \"/var/log/x\"; level = \"debug\"; access = true; };\n"
    "max-connections = 1000; max-connections-per-source = \"2k\"; accept-rate = 50;\n"
    "accept-burst = \"1k\"; source-prefix-ipv4 = 24; source-prefix-ipv6 = 64;\n"
    "reflector-ports = [ 9, 65535 ];\n"
    "listeners = { a = {\n"
    "  address = \"192.0.2.1\"; port = 8007; transport = [ \"tcp\", \"udp\" ];\n"
    "  service = \"echo\"; udp-rate = \"2k\"; udp-burst = 3; udp-amplify = true;\n"
    "  backlog = 5; max-connections = 6; max-connections-per-source = 7;\n"
    "  accept-rate = 8; accept-burst = 9; max-pending = 4096;\n"
    "  allow = [ \"10.0.0.0/8\", \"2001:db8::/32\" ]; deny = \"10.1.2.3\";\n"
    "  idle-timeout = \"250ms\"; first-byte-timeout = \"2m\"; lifetime = \"1h\";\n"
    "  stall-timeout = 1; };\n"
    "m = { service = \"message\"; port = 8008; keep-alive = true; max-content = 17; };\n"
    "u = { transport = \"unix\"; address = \"/run/\xc3\xa9\"; socket-mode = \"0600\"; }; };\n";

static struct config load_text(struct files *f, const char *text)
{
	struct config_errors errors = { 0 };
	struct config config;

	assert_int_equal(config_load(files_write(f, "echod.conf", text), &config, &errors), 0);
	return config;
}

static void assert_same(const struct config *a, const struct config *b)
{
	size_t n;
	const struct config_key *keys = config_keys(&n);

	assert_int_equal(a->n_listeners, b->n_listeners);
	for (size_t i = 0; i < n; i++) {
		if (!keys[i].of_listener && !config_key_is_equal(&keys[i], a, b))
			fail_msg("%s differs", keys[i].name);
		for (size_t k = 0; keys[i].of_listener && k < a->n_listeners; k++)
			if (!config_key_is_equal(&keys[i], &a->listeners[k], &b->listeners[k]))
				fail_msg("%s differs", keys[i].name);
	}
	for (size_t k = 0; k < a->n_listeners; k++)
		assert_string_equal(a->listeners[k].name, b->listeners[k].name);
	if (a->file)
		assert_string_equal(a->file, b->file);
	else
		assert_null(b->file);
}

/* Through text, as on a link. */
static void assert_round_trip(const struct config *config)
{
	struct config copy;
	json_t *json, *again;
	char *text;

	assert_int_equal(config_to_json(config, &json), 0);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	assert_non_null(text);
	again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	assert_non_null(again);
	assert_int_equal(config_from_json(again, &copy), 0);
	json_decref(again);
	assert_same(config, &copy);
	config_fini(&copy);
}

static void test_config_json_when_every_key_is_set_then_the_same_after_a_round_trip(void **state)
{
	struct config c = load_text(*state, every_key);

	assert_round_trip(&c);
	config_fini(&c);
}

static void test_config_json_when_all_is_default_then_the_same_after_a_round_trip(void **state)
{
	struct config_errors errors = { 0 };
	struct config c;

	(void)state;
	assert_int_equal(config_from_arguments("*", "0", &c, &errors), 0);
	assert_round_trip(&c);
	config_fini(&c);
}

static void test_config_json_when_made_then_words_and_base_units(void **state)
{
	struct config c = load_text(*state, every_key);
	json_t *json, *values, *listener;

	assert_int_equal(config_to_json(&c, &json), 0);
	values = json_object_get(json, "values");
	listener = json_array_get(json_object_get(json, "listeners"), 0);
	assert_string_equal(json_string_value(json_object_get(values, "log.to")), "file");
	assert_string_equal(json_string_value(json_object_get(values, "control.socket-mode")),
			    "0600");
	assert_int_equal(json_integer_value(json_object_get(values, "drain-timeout")), 7000);
	assert_string_equal(json_string_value(json_object_get(listener, "name")), "a");
	assert_string_equal(json_string_value(json_object_get(listener, "service")), "echo");
	assert_string_equal(json_string_value(json_array_get(json_object_get(listener, "deny"), 0)),
			    "10.1.2.3/32");
	json_decref(json);
	config_fini(&c);
}

/* One member of the object: missing, then of a type that no key has. */
static void spoil(const json_t *json, json_t *object, const char *name)
{
	json_t *value = json_incref(json_object_get(object, name));
	struct config c;

	assert_int_equal(json_object_del(object, name), 0);
	assert_int_equal(config_from_json(json, &c), -EINVAL);
	assert_int_equal(json_object_set_new(object, name, json_real(0.5)), 0);
	assert_int_equal(config_from_json(json, &c), -EINVAL);
	assert_int_equal(json_object_set_new(object, name, value), 0);
}

/* Each member in turn. */
static void spoil_each(const json_t *json, json_t *object)
{
	json_t *names = json_copy(object);
	const char *name;
	json_t *value;
	struct config c;

	json_object_foreach(names, name, value) spoil(json, object, name);
	json_decref(names);
	assert_int_equal(config_from_json(json, &c), 0);
	config_fini(&c);
}

static void test_config_json_when_a_value_is_missing_or_mistyped_then_refused(void **state)
{
	struct config c = load_text(*state, every_key);
	json_t *json;

	assert_int_equal(config_to_json(&c, &json), 0);
	spoil_each(json, json);
	spoil_each(json, json_object_get(json, "values"));
	spoil_each(json, json_array_get(json_object_get(json, "listeners"), 0));
	json_decref(json);
	config_fini(&c);
}

static void test_config_json_when_a_key_is_unknown_then_refused(void **state)
{
	struct config c = load_text(*state, every_key), copy;
	json_t *json;

	assert_int_equal(config_to_json(&c, &json), 0);
	json_object_set_new(json_object_get(json, "values"), "quux", json_true());
	assert_int_equal(config_from_json(json, &copy), -EINVAL);
	json_decref(json);
	config_fini(&c);
}

static int allocations_left;

static void *allocate(size_t size)
{
	return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void test_config_json_when_an_allocation_fails_then_enomem_and_nothing_lost(void **state)
{
	struct config c = load_text(*state, every_key);
	json_t *json = NULL;
	int points = 0, r = -ENOMEM;

	json_set_alloc_funcs(allocate, free);
	for (; r == -ENOMEM; points++) {
		allocations_left = points;
		r = config_to_json(&c, &json);
	}
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(r, 0);
	print_message("%d points covered\n", points - 1);
	assert_true(points > 100);
	json_decref(json);
	config_fini(&c);
}

static void test_config_needs_restart_when_such_keys_differ_then_lists_them(void **state)
{
	struct config a = load_text(*state, "listeners = { a = { }; };\n");
	struct config b = load_text(
	    *state, "workers = 3; control = { admin-groups = \"x\"; socket-mode = \"0600\"; };\n"
		    "drain-timeout = 1; log = { level = \"debug\"; };\n"
		    "listeners = { a = { port = 9; }; };\n");
	struct config_strings keys;

	assert_true(config_needs_restart(&a, &b, &keys));
	assert_int_equal(keys.length, 3);
	assert_string_equal(keys.items[0], "workers");
	assert_string_equal(keys.items[1], "control.socket-mode");
	assert_string_equal(keys.items[2], "control.admin-groups");
	config_strings_fini(&keys);
	assert_false(config_needs_restart(&a, &a, &keys));
	assert_int_equal(keys.length, 0);
	config_fini(&a);
	config_fini(&b);
}

static void test_config_reload_class_when_by_contract_then_as_written_there(void **state)
{
	static const char *const restart[] = { "user",
					       "group",
					       "workers",
					       "selector",
					       "pid-file",
					       "control.socket",
					       "control.socket-mode",
					       "control.group",
					       "control.operate-groups",
					       "control.admin-groups" };
	size_t n, count = 0;
	const struct config_key *keys = config_keys(&n);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(restart); i++)
		assert_int_equal(config_key_find(restart[i], false)->reload, CONFIG_RESTART);
	for (size_t i = 0; i < n; i++)
		count += keys[i].reload == CONFIG_RESTART;
	assert_int_equal(count, ARRAY_LENGTH(restart));
	assert_int_equal(config_key_find("max-pending", true)->reload, CONFIG_LIVE);
	assert_int_equal(config_key_find("deny", true)->reload, CONFIG_LIVE);
	assert_int_equal(config_key_find("accept-rate", true)->reload, CONFIG_NEW_CONNECTIONS);
}

int main(void)
{
#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		FILES_TEST(test_config_json_when_every_key_is_set_then_the_same_after_a_round_trip),
		FILES_TEST(test_config_json_when_all_is_default_then_the_same_after_a_round_trip),
		FILES_TEST(test_config_json_when_made_then_words_and_base_units),
		FILES_TEST(test_config_json_when_a_value_is_missing_or_mistyped_then_refused),
		FILES_TEST(test_config_json_when_a_key_is_unknown_then_refused),
		FILES_TEST(test_config_json_when_an_allocation_fails_then_enomem_and_nothing_lost),
		FILES_TEST(test_config_needs_restart_when_such_keys_differ_then_lists_them),
		FILES_TEST(test_config_reload_class_when_by_contract_then_as_written_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
