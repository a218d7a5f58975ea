/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "build.h"

#include "tests/echod/config_files.h"

#include <jansson.h>

#include "echod/config.h"
#include "echod/config_json.h"

static char *dictionary_path(const struct files *f)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/words.json", f->directory);
	return path;
}

/* A message listener with these further keys, and its dictionary with this text, or none. */
static int load(struct files *f, const char *keys, const char *words, struct config *config,
		struct config_errors *errors)
{
	char text[1024];

	if (words)
		files_write(f, "words.json", words);
	snprintf(
	    text, sizeof(text),
	    "listeners = { m = { service = \"message\"; %s search-dictionary = \"%s\"; }; };\n",
	    keys, dictionary_path(f));
	return config_load(files_write(f, "echod.conf", text), config, errors);
}

static struct config load_good(struct files *f, const char *words)
{
	struct config_errors errors = { 0 };
	struct config config;
	const int r = load(f, "", words, &config, &errors);

	config_errors_print(&errors, stderr);
	assert_int_equal(r, 0);
	return config;
}

/* One mistake, at this line of the dictionary, with this in its text. */
static void assert_refused(struct files *f, const char *keys, const char *words, int line,
			   const char *part)
{
	struct config_errors errors = { 0 };
	struct config config;

	assert_int_equal(load(f, keys, words, &config, &errors), -EINVAL);
	assert_int_equal(errors.length, 1);
	assert_string_equal(errors.items[0].file, dictionary_path(f));
	assert_int_equal(errors.items[0].line, line);
	if (!strstr(errors.items[0].message, part))
		fail_msg("not '%s' in: %s", part, errors.items[0].message);
	assert_true(config_is_text(errors.items[0].message));
	config_errors_fini(&errors);
}

static void test_dictionary_when_named_then_loaded(void **state)
{
	struct config config = load_good(*state, "{ \"a\": \"b\",\n \"🐶\": \"\" }");
	const json_t *words = config.listeners[0].dictionary;

	assert_int_equal(json_object_size(words), 2);
	assert_string_equal(json_string_value(json_object_get(words, "a")), "b");
	assert_string_equal(json_string_value(json_object_get(words, "🐶")), "");
	config_fini(&config);
}

static void test_dictionary_when_not_named_then_none(void **state)
{
	struct config_errors errors = { 0 };
	struct config config;

	assert_int_equal(
	    config_load(files_write(*state, "echod.conf",
				    "listeners = { m = { service = \"message\"; }; };"),
			&config, &errors),
	    0);
	assert_null(config.listeners[0].dictionary);
	config_fini(&config);
}

static void test_dictionary_when_wrong_then_its_file_line_and_reason(void **state)
{
	struct files *f = *state;

	assert_refused(f, "", NULL, 0, "No such file or directory");
	assert_refused(f, "", "", 0, "is empty");
	assert_refused(f, "", "{", 1, "");
	assert_refused(f, "", "{ \"a\": \"b\",\n\n \"c\" }", 3, "expected");
	assert_refused(f, "", "{ \"a\": \"b\",\n \"a\": \"c\" }", 2, "duplicate");
	assert_refused(f, "", "{}\n{}", 2, "");
	assert_refused(f, "", "{ \"\xff\": \"\" }", 1, "");
	assert_refused(f, "", "[]", 0, "must be a JSON object");
	assert_refused(f, "", "{ \"a\": \"b\", \"c\": 1 }", 0, "the value of 'c' is not a text");
	assert_refused(f, "", "{ \"\\n\": null }", 0, "(a name with control characters)");
}

static void test_dictionary_when_a_directory_then_said(void **state)
{
	struct files *f = *state;

	assert_int_equal(mkdir(dictionary_path(f), 0700), 0);
	assert_refused(f, "", NULL, 0, "is a directory");
}

static void test_dictionary_answer_when_longer_than_max_pending_then_said(void **state)
{
	struct files *f = *state;
	char words[1200] = "{ \"a\": \"";
	struct config_errors errors = { 0 };
	struct config config;

	memset(words + 8, 'x', 900);
	strcpy(words + 908, "\" }");
	assert_refused(f, "max-pending = 1024;", words, 0, "too long for max-pending");
	assert_int_equal(load(f, "max-pending = 2048;", words, &config, &errors), 0);
	config_fini(&config);
}

static void test_dictionaries_when_too_large_together_then_said(void **state)
{
	struct files *f = *state;
	const size_t n = 3 << 20;
	char *words = malloc(n + 16), text[2048];
	struct config_errors errors = { 0 };
	struct config config;

	assert_non_null(words);
	strcpy(words, "{ \"a\": \"");
	memset(words + 8, 'x', n);
	strcpy(words + 8 + n, "\" }");
	files_write(f, "words.json", words);
	free(words);
	snprintf(
	    text, sizeof(text),
	    "listeners = { \n"
	    "a = { service = \"message\"; port = 1; max-pending = \"8m\"; search-dictionary = \"%s\"; };\n"
	    "b = { service = \"message\"; port = 2; max-pending = \"8m\"; search-dictionary = \"%s\"; };\n"
	    "c = { service = \"message\"; port = 3; max-pending = \"8m\"; search-dictionary = \"%s\"; };\n"
	    "};\n",
	    dictionary_path(f), dictionary_path(f), dictionary_path(f));
	assert_int_equal(config_load(files_write(f, "echod.conf", text), &config, &errors),
			 -EINVAL);
	assert_int_equal(errors.length, 1);
	assert_non_null(strstr(errors.items[0].message, "larger than 8 MiB"));
	config_errors_fini(&errors);
}

static void test_keys_of_message_when_of_another_service_then_refused(void **state)
{
	struct config_errors errors = { 0 };
	struct config config;

	assert_int_equal(config_load(files_write(*state, "echod.conf",
						 "listeners = { e = {\n"
						 " keep-alive = true;\n"
						 " max-content = 10;\n"
						 " search-dictionary = \"/nowhere\";\n"
						 "}; };\n"),
				     &config, &errors),
			 -EINVAL);
	assert_int_equal(errors.length, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(errors.items[i].line, i + 2);
		assert_non_null(strstr(errors.items[i].message, "only service \"message\""));
	}
	config_errors_fini(&errors);
}

static void test_dictionary_when_sent_as_json_then_the_same_arrives(void **state)
{
	struct config config = load_good(*state, "{ \"a\": \"b\" }"), copy;
	json_t *json;

	assert_int_equal(config_to_json(&config, &json), 0);
	assert_int_equal(config_from_json(json, &copy), 0);
	assert_true(json_equal(config.listeners[0].dictionary, copy.listeners[0].dictionary));
	config_fini(&config);
	config_fini(&copy);
	json_decref(json);
}

static void test_dictionary_when_not_of_texts_in_json_then_invalid(void **state)
{
	static const char *const wrong[] = { "[]", "1", "{\"a\": 1}", "\"text\"" };
	struct config config = load_good(*state, "{ \"a\": \"b\" }"), copy;
	json_t *json;

	assert_int_equal(config_to_json(&config, &json), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		json_t *listener = json_array_get(json_object_get(json, "listeners"), 0);

		json_object_set_new(listener, "dictionary",
				    json_loads(wrong[i], JSON_DECODE_ANY, NULL));
		assert_int_equal(config_from_json(json, &copy), -EINVAL);
	}
	config_fini(&config);
	json_decref(json);
}

int main(void)
{
#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		FILES_TEST(test_dictionary_when_named_then_loaded),
		FILES_TEST(test_dictionary_when_not_named_then_none),
		FILES_TEST(test_dictionary_when_wrong_then_its_file_line_and_reason),
		FILES_TEST(test_dictionary_when_a_directory_then_said),
		FILES_TEST(test_dictionary_answer_when_longer_than_max_pending_then_said),
		FILES_TEST(test_dictionaries_when_too_large_together_then_said),
		FILES_TEST(test_keys_of_message_when_of_another_service_then_refused),
		FILES_TEST(test_dictionary_when_sent_as_json_then_the_same_arrives),
		FILES_TEST(test_dictionary_when_not_of_texts_in_json_then_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
