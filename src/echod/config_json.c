/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The document around the values: the table says which keys there are, config_value_json.c how each
 * is written.
 */
#include <errno.h>
#include <string.h>

#include "config_dictionary.h"
#include "config_json.h"
#include "config_load.h"

/* Every key of the scope into the object. */
static int add_values(json_t *object, const void *base, bool of_listener)
{
	size_t n;
	const struct config_key *keys = config_keys(&n);

	for (size_t i = 0; i < n; i++) {
		json_t *value;
		int r;

		if (keys[i].of_listener != of_listener)
			continue;
		r = config_value_to_json(&keys[i], base, &value);
		if (r < 0)
			return r;
		if (json_object_set_new(object, keys[i].name, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_listeners(json_t *array, const struct config *config)
{
	for (size_t i = 0; i < config->n_listeners; i++) {
		const struct config_listener *listener = &config->listeners[i];
		json_t *object = json_pack("{s:s, s:O?}", "name", listener->name, "dictionary",
					   listener->dictionary);

		if (!object || json_array_append_new(array, object) < 0)
			return -ENOMEM;
		if (add_values(object, listener, true) < 0)
			return -ENOMEM;
	}
	return 0;
}

int config_to_json(const struct config *config, json_t **ret_json)
{
	json_t *values, *listeners;
	json_t *json = json_pack("{s:s?, s:{}, s:[]}", "file", config->file, "values", "listeners");

	if (!json)
		return -ENOMEM;
	values = json_object_get(json, "values");
	listeners = json_object_get(json, "listeners");
	if (add_values(values, config, false) < 0 || add_listeners(listeners, config) < 0) {
		json_decref(json);
		return -ENOMEM;
	}
	*ret_json = json;
	return 0;
}

/* Fills the scope's keys; the object holds `others` members besides. */
static int get_values(const json_t *object, void *base, bool of_listener, size_t others)
{
	size_t n, found = 0;
	const struct config_key *keys = config_keys(&n);

	for (size_t i = 0; i < n; i++) {
		const json_t *value;
		int r;

		if (keys[i].of_listener != of_listener)
			continue;
		value = json_object_get(object, keys[i].name);
		r = value ? config_value_from_json(&keys[i], value, base) : -EINVAL;
		if (r < 0)
			return r;
		found++;
	}
	return json_object_size(object) == found + others ? 0 : -EINVAL;
}

static int get_listeners(const json_t *array, struct config *config)
{
	if (!json_is_array(array))
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *object = json_array_get(array, i);
		const char *name = json_string_value(json_object_get(object, "name"));
		struct config_listener *listener;
		int r = name ? config_add_listener(config, name, &listener) : -EINVAL;

		if (!r)
			r = get_values(object, listener, true, 2);
		if (!r)
			r = config_dictionary_from_json(json_object_get(object, "dictionary"),
							listener);
		if (r < 0)
			return r;
	}
	return 0;
}

static int get_file(const json_t *json, struct config *config)
{
	if (json_is_null(json))
		return 0;
	if (!json_is_string(json))
		return -EINVAL;
	config->file = strdup(json_string_value(json));
	return config->file ? 0 : -ENOMEM;
}

int config_from_json(const json_t *json, struct config *ret_config)
{
	struct config config = { 0 };
	int r = get_file(json_object_get(json, "file"), &config);

	if (!r)
		r = get_values(json_object_get(json, "values"), &config, false, 0);
	if (!r)
		r = get_listeners(json_object_get(json, "listeners"), &config);
	if (r < 0) {
		config_fini(&config);
		return r;
	}
	*ret_config = config;
	return 0;
}

/* The value came from what the file said then. Its name becomes the new configuration's own. */
static int keep_origin(const struct config_key *key, const struct config *from, struct config *to)
{
	struct config_origin origin = *config_key_origin(key, from, NULL);

	if (origin.file) {
		if (config_strings_add(&to->files, origin.file) < 0)
			return -ENOMEM;
		origin.file = to->files.items[to->files.length - 1];
	}
	config_key_set_origin(key, to, &origin);
	return 0;
}

static int copy_value(const struct config_key *key, const struct config *from, struct config *to)
{
	json_t *value;
	int r = config_value_to_json(key, from, &value);

	if (r < 0)
		return r;
	config_key_fini(key, to);
	r = config_value_from_json(key, value, to);
	json_decref(value);
	return r < 0 ? r : keep_origin(key, from, to);
}

int config_keep_restart(const struct config *old_config, struct config *new_config)
{
	size_t n;
	const struct config_key *keys = config_keys(&n);
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		if (keys[i].reload == CONFIG_RESTART && !keys[i].of_listener &&
		    !config_key_is_equal(&keys[i], old_config, new_config))
			r = copy_value(&keys[i], old_config, new_config);
	return r;
}
