/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reload_compare.c: listeners are the same by their names, and equal by the table of keys and by what
 * is in their dictionaries.
 */
#include "src/echod/reload_compare.h"

#include <errno.h>
#include <string.h>

#include "echod/attr.h"
#include "src/echod/config_dictionary.h"
#include "src/echod/config_table.h"

static const struct config_listener *find(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_listeners; i++)
		if (strcmp(config->listeners[i].name, name) == 0)
			return &config->listeners[i];
	return NULL;
}

static bool is_equal(const struct config_listener *a, const struct config_listener *b)
{
	size_t n;
	const struct config_key *keys = config_keys(&n);

	for (size_t i = 0; i < n; i++)
		if (keys[i].of_listener && !config_key_is_equal(&keys[i], a, b))
			return false;
	return config_dictionary_is_equal(a->dictionary, b->dictionary);
}

static int sort_new(const struct config *old_config, const struct config *new_config,
		    struct reload_difference *d)
{
	int r = 0;

	for (size_t i = 0; i < new_config->n_listeners && r >= 0; i++) {
		const struct config_listener *listener = &new_config->listeners[i];
		const struct config_listener *before = find(old_config, listener->name);

		if (!before)
			r = config_strings_add(&d->added, listener->name);
		else if (is_equal(before, listener))
			r = config_strings_add(&d->kept, listener->name);
		else
			r = config_strings_add(&d->changed, listener->name);
	}
	return r;
}

int reload_compare(const struct config *old_config, const struct config *new_config,
		   struct reload_difference *ret_difference)
{
	struct reload_difference *d = ret_difference;
	int r;

	*d = (struct reload_difference){ 0 };
	r = sort_new(old_config, new_config, d);
	for (size_t i = 0; i < old_config->n_listeners && r >= 0; i++)
		if (!find(new_config, old_config->listeners[i].name))
			r = config_strings_add(&d->removed, old_config->listeners[i].name);
	config_needs_restart(old_config, new_config, &d->needs_restart);
	return r;
}

void reload_difference_fini(struct reload_difference *difference)
{
	config_strings_fini(&difference->added);
	config_strings_fini(&difference->removed);
	config_strings_fini(&difference->changed);
	config_strings_fini(&difference->kept);
	config_strings_fini(&difference->needs_restart);
}

void reload_difference_print(const struct reload_difference *difference, FILE *stream)
{
	const struct {
		const char *label;
		const struct config_strings *names;
	} rows[] = {
		{ "added ", &difference->added },
		{ "removed ", &difference->removed },
		{ "changed ", &difference->changed },
		{ "kept ", &difference->kept },
		{ "needs a restart: ", &difference->needs_restart },
	};
	const char *before = "";

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (rows[i].names->length == 0)
			continue;
		fprintf(stream, "%s%s", before, rows[i].label);
		for (size_t k = 0; k < rows[i].names->length; k++)
			fprintf(stream, "%s%s", k > 0 ? ", " : "", rows[i].names->items[k]);
		before = "; ";
	}
}
