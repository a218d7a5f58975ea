/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * A configuration as a whole: its defaults, its listeners, its end, and how two of them differ.
 * Defaults are texts in the table and take the same road as a value in a file.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_dictionary.h"
#include "config_load.h"
#include "config_value.h"
#include "echod/attr.h"

int config_add_listener(struct config *config, const char *name,
			struct config_listener **ret_listener)
{
	struct config_listener *listeners =
	    reallocarray(config->listeners, config->n_listeners + 1, sizeof(*listeners));
	char *copy;

	if (!listeners)
		return -ENOMEM;
	config->listeners = listeners;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	*ret_listener = &listeners[config->n_listeners++];
	**ret_listener = (struct config_listener){ .name = copy };
	return 0;
}

/* The defaults as one libconfig tree, a setting per row of the table in its order. */
static int parse_defaults(config_t *tree)
{
	CLEANUP_FREE char *text = NULL;
	size_t n, size;
	const struct config_key *keys = config_keys(&n);
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		fprintf(stream, "k%zu = %s;\n", i, keys[i].default_text);
	if (fclose(stream) != 0)
		return -ENOMEM;
	return config_read_string(tree, text) == CONFIG_TRUE ? 0 : -EINVAL;
}

static int fill(const config_t *tree, struct config *config, struct config_listener *listener)
{
	static const struct config_source nowhere;
	struct config_errors errors = { 0 };
	const struct config_reader reader = { &nowhere, &errors };
	size_t n;
	const struct config_key *keys = config_keys(&n);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		const struct config_origin *origin;

		if (keys[i].of_listener != (listener != NULL))
			continue;
		origin = config_key_origin(&keys[i], config, listener);
		if (origin->kind == CONFIG_FROM_DEFAULT && !origin->refused)
			r = config_value_load(&reader, &keys[i],
					      config_setting_get_elem(tree->root, (unsigned)i),
					      listener ? (void *)listener : (void *)config);
	}
	config_errors_fini(&errors);
	return r;
}

int config_fill_defaults(struct config *config)
{
	config_t tree;
	int r;

	config_init(&tree);
	r = parse_defaults(&tree);
	if (!r)
		r = fill(&tree, config, NULL);
	for (size_t i = 0; !r && i < config->n_listeners; i++)
		r = fill(&tree, config, &config->listeners[i]);
	config_destroy(&tree);
	return r;
}

static void fini_values(void *base, bool of_listener)
{
	size_t n;
	const struct config_key *keys = config_keys(&n);

	for (size_t i = 0; i < n; i++)
		if (keys[i].of_listener == of_listener)
			config_key_fini(&keys[i], base);
}

void config_fini(struct config *config)
{
	for (size_t i = 0; i < config->n_listeners; i++) {
		fini_values(&config->listeners[i], true);
		free(config->listeners[i].name);
		config_dictionary_release(config->listeners[i].dictionary);
	}
	fini_values(config, false);
	free(config->listeners);
	free(config->file);
	config_strings_fini(&config->files);
	*config = (struct config){ 0 };
}

int64_t config_drain_ms(const struct config *config)
{
	static const int64_t ten_years_ms = INT64_C(10) * 365 * 24 * 60 * 60 * 1000;

	return config->drain_timeout_ms ? config->drain_timeout_ms : ten_years_ms;
}

bool config_needs_restart(const struct config *old_config, const struct config *new_config,
			  struct config_strings *ret_keys)
{
	size_t n;
	const struct config_key *keys = config_keys(&n);
	bool needed = false;

	*ret_keys = (struct config_strings){ 0 };
	for (size_t i = 0; i < n; i++) {
		if (keys[i].of_listener || keys[i].reload != CONFIG_RESTART ||
		    config_key_is_equal(&keys[i], old_config, new_config))
			continue;
		needed = true;
		(void)config_strings_add(ret_keys, keys[i].name);
	}
	return needed;
}
