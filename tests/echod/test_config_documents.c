/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The sample file, the man pages and the completions say what the tables say.
 */
#include "build.h"

#include "tests/echod/config_files.h"

#include "echod/config.h"
#include "echod/config_table.h"
#include "echod/options_table.h"

/* A file of the source tree; the caller frees it. */
static char *document(const char *name)
{
	const char *directory = getenv("top_srcdir");
	char path[4096];
	char *text = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory ? directory : ".", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static void assert_contains(const char *where, const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("%s lacks: %s", where, what);
}

/* ---- The sample ---- */

/* "#key = value;" with nothing but white space before it. */
static bool is_default_line(const char *line)
{
	const char *p = line + strspn(line, " \t");

	return p[0] == '#' && p[1] >= 'a' && p[1] <= 'z';
}

/* Those of another transport or service than the sample's. */
static bool is_of_another(const char *key)
{
	static const char *const keys[] = { "socket-mode", "keep-alive", "max-content",
					    "search-dictionary" };

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (strncmp(key, keys[i], strlen(keys[i])) == 0)
			return true;
	return false;
}

/* The sample with every default line made a setting; of those of another transport or service either
 * none, or, with others, no other line of a listener. */
static char *sample_with_defaults_set(bool others)
{
	CLEANUP_FREE char *sample = document("etc/echod.conf");
	char *text = NULL, *save = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	for (char *line = strtok_r(sample, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const bool of_listener = strncmp(line, "\t\t", 2) == 0;
		bool of_another;

		if (is_default_line(line))
			*strchr(line, '#') = ' ';
		of_another = of_listener && is_of_another(line + 3);
		if (!of_listener || of_another == others)
			fprintf(stream, "%s\n", line);
	}
	assert_int_equal(fclose(stream), 0);
	return text;
}

/* The same with a listener to which those of another belong. */
static char *sample_of_another(void)
{
	static const char opening[] = "\techo = {\n";
	CLEANUP_FREE char *sample = sample_with_defaults_set(true);
	char *text, *at = strstr(sample, opening);

	assert_non_null(at);
	at[0] = '\0';
	assert_true(asprintf(&text,
			     "%s%s\t\ttransport = \"unix\"; address = \"/x\"; "
			     "service = \"message\";\n%s",
			     sample, opening, at + strlen(opening)) > 0);
	return text;
}

static void load(const char *path, struct config *config)
{
	struct config_errors errors = { 0 };
	int r = config_load(path, config, &errors);

	config_errors_print(&errors, stderr);
	assert_int_equal(r, 0);
}

static void test_sample_when_loaded_as_it_is_then_one_listener_and_defaults(void **state)
{
	struct files *f = *state;
	CLEANUP_FREE char *text = document("etc/echod.conf");
	struct config sample, bare;
	size_t n;
	const struct config_key *keys = config_keys(&n);

	load(files_write(f, "sample", text), &sample);
	load(files_write(f, "bare", "listeners = { echo = { }; };\n"), &bare);
	assert_int_equal(sample.n_listeners, 1);
	assert_string_equal(sample.listeners[0].name, "echo");
	for (size_t i = 0; i < n; i++) {
		bool equal =
		    keys[i].of_listener
			? config_key_is_equal(&keys[i], &sample.listeners[0], &bare.listeners[0])
			: config_key_is_equal(&keys[i], &sample, &bare);

		if (!equal)
			fail_msg("%s is not its default", keys[i].name);
	}
	config_fini(&sample);
	config_fini(&bare);
}

static void test_sample_when_its_defaults_are_set_then_each_key_comes_from_it(void **state)
{
	struct files *f = *state;
	CLEANUP_FREE char *text = sample_with_defaults_set(false);
	struct config sample, bare;
	size_t n;
	const struct config_key *keys = config_keys(&n);

	load(files_write(f, "sample", text), &sample);
	load(files_write(f, "bare", "listeners = { echo = { }; };\n"), &bare);
	for (size_t i = 0; i < n; i++) {
		bool of_listener = keys[i].of_listener;
		const void *a = of_listener ? (void *)&sample.listeners[0] : (void *)&sample;
		const void *b = of_listener ? (void *)&bare.listeners[0] : (void *)&bare;

		if (of_listener && is_of_another(keys[i].name))
			continue;
		if (config_key_origin(&keys[i], &sample, of_listener ? &sample.listeners[0] : NULL)
			->kind != CONFIG_FROM_FILE)
			fail_msg("etc/echod.conf lacks %s", keys[i].name);
		if (!config_key_is_equal(&keys[i], a, b))
			fail_msg("etc/echod.conf shows another default of %s", keys[i].name);
	}
	config_fini(&sample);
	config_fini(&bare);
}

static void test_sample_when_of_another_listener_then_its_keys_come_from_it(void **state)
{
	struct files *f = *state;
	CLEANUP_FREE char *text = sample_of_another();
	struct config sample, bare;
	size_t n, n_found = 0;
	const struct config_key *keys = config_keys(&n);

	load(files_write(f, "sample", text), &sample);
	load(files_write(f, "bare", "listeners = { echo = { }; };\n"), &bare);
	for (size_t i = 0; i < n; i++) {
		if (!keys[i].of_listener || !is_of_another(keys[i].name))
			continue;
		n_found++;
		if (config_key_origin(&keys[i], &sample, &sample.listeners[0])->kind !=
		    CONFIG_FROM_FILE)
			fail_msg("etc/echod.conf lacks %s", keys[i].name);
		if (!config_key_is_equal(&keys[i], &sample.listeners[0], &bare.listeners[0]))
			fail_msg("etc/echod.conf shows another default of %s", keys[i].name);
	}
	assert_int_equal(n_found, 4);
	config_fini(&sample);
	config_fini(&bare);
}

static void test_sample_when_read_then_each_default_as_the_table_writes_it(void **state)
{
	CLEANUP_FREE char *text = document("etc/echod.conf");
	size_t n;
	const struct config_key *keys = config_keys(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const char *dot = strchr(keys[i].name, '.');
		char setting[256];

		snprintf(setting, sizeof(setting), "%s = %s;", dot ? dot + 1 : keys[i].name,
			 keys[i].default_text);
		assert_contains("etc/echod.conf", text, setting);
	}
}

/* ---- The man pages ---- */

/* Quotes as mdoc wants them. */
static void item_of(const struct config_key *key, char item[static 256])
{
	size_t length = (size_t)snprintf(item, 256, "\n.It Ic %s No = ", key->name);

	for (const char *p = key->default_text; *p; p++)
		length +=
		    (size_t)snprintf(item + length, 256 - length, *p == '"' ? "\\(dq" : "%c", *p);
	snprintf(item + length, 256 - length, "\n");
}

static void test_manual_when_read_then_each_key_with_its_default_in_its_section(void **state)
{
	CLEANUP_FREE char *text = document("src/echod/echod.conf.5");
	char *listener = strstr(text, ".Ss Keys of a listener");
	size_t n;
	const struct config_key *keys = config_keys(&n);

	(void)state;
	assert_non_null(listener);
	listener[-1] = '\0';
	for (size_t i = 0; i < n; i++) {
		char item[256];

		item_of(&keys[i], item);
		assert_contains("echod.conf.5", keys[i].of_listener ? listener : text, item);
	}
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void test_manual_when_read_then_no_key_that_the_table_lacks(void **state)
{
	CLEANUP_FREE char *text = document("src/echod/echod.conf.5");
	size_t n;

	(void)state;
	config_keys(&n);
	assert_int_equal(count(text, "\n.It Ic "), n);
}

static void test_manual_when_read_then_each_option(void **state)
{
	CLEANUP_FREE char *text = document("src/echod/echod.8");

	(void)state;
	for (size_t i = 0; i < n_option_rows; i++) {
		char item[128], letter[16] = "";

		if (option_rows[i].letter)
			snprintf(letter, sizeof(letter), "%c , Fl ", option_rows[i].letter);
		snprintf(item, sizeof(item), "\n.It Fl %s-%s%s", letter, option_rows[i].name,
			 option_rows[i].argument ? " Ar " : "\n");
		assert_contains("echod.8", text, item);
	}
	assert_int_equal(count(text, "\n.It Fl "), n_option_rows);
}

/* ---- The completions ---- */

static void check_completion(const char *file, const char *form, const char *any)
{
	CLEANUP_FREE char *text = document(file);

	for (size_t i = 0; i < n_option_rows; i++) {
		char option[64];
		size_t length =
		    (size_t)snprintf(option, sizeof(option), "%s%s", form, option_rows[i].name);
		const char *at = text;

		while ((at = strstr(at, option)) &&
		       strchr("-abcdefghijklmnopqrstuvwxyz", at[length]))
			at += length;
		if (!at)
			fail_msg("%s lacks %s", file, option);
	}
	if (any)
		assert_int_equal(count(text, any), n_option_rows);
}

static void test_completions_when_read_then_each_option(void **state)
{
	(void)state;
	check_completion("contrib/completions/echod.bash", "--", NULL);
	check_completion("contrib/completions/echod.zsh", "--", "[");
	check_completion("contrib/completions/echod.fish", " -l ", " -l ");
}

int main(void)
{
#define FILES_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		FILES_TEST(test_sample_when_loaded_as_it_is_then_one_listener_and_defaults),
		FILES_TEST(test_sample_when_its_defaults_are_set_then_each_key_comes_from_it),
		FILES_TEST(test_sample_when_of_another_listener_then_its_keys_come_from_it),
		cmocka_unit_test(test_sample_when_read_then_each_default_as_the_table_writes_it),
		cmocka_unit_test(
		    test_manual_when_read_then_each_key_with_its_default_in_its_section),
		cmocka_unit_test(test_manual_when_read_then_no_key_that_the_table_lacks),
		cmocka_unit_test(test_manual_when_read_then_each_option),
		cmocka_unit_test(test_completions_when_read_then_each_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
