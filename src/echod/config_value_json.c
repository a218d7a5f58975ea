/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * One value to JSON and back, by its kind. Each pair of functions is the other's mirror.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_json.h"
#include "config_network.h"

/* ---- To JSON; NULL when memory ran out ---- */

/* A NULL text makes the whole array NULL. */
static json_t *append_text(json_t *array, const char *text)
{
	if (array && json_array_append_new(array, json_string(text)) < 0) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *strings_to_json(const struct config_strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < strings->length; i++)
		array = append_text(array, strings->items[i]);
	return array;
}

static json_t *networks_to_json(const struct config_networks *networks)
{
	json_t *array = json_array();
	char text[CONFIG_NETWORK_SIZE];

	for (size_t i = 0; array && i < networks->length; i++)
		array = append_text(array, config_network_format(&networks->items[i], text));
	return array;
}

static json_t *transports_to_json(unsigned transports)
{
	json_t *array = json_array();

	for (size_t i = 0; array && config_transports[i].name; i++)
		if (transports & config_transports[i].bit)
			array = append_text(array, config_transports[i].name);
	return array;
}

static json_t *ports_to_json(const struct config_ports *ports)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < ports->length; i++)
		if (json_array_append_new(array, json_integer(ports->items[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *mode_to_json(int64_t mode)
{
	return json_sprintf("%04o", (unsigned)mode);
}

static json_t *to_json(const struct config_key *key, const void *value)
{
	switch (key->kind) {
	case KIND_NAME:
	case KIND_PATH:
	case KIND_WORD:
	case KIND_ENDPOINT:
		return json_string(*(char *const *)value);
	case KIND_CHOICE:
		return json_string(key->words[*(const int64_t *)value]);
	case KIND_BOOL:
		return json_boolean(*(const bool *)value);
	case KIND_MODE:
		return mode_to_json(*(const int64_t *)value);
	case KIND_NAMES:
	case KIND_ADDRESSES:
		return strings_to_json(value);
	case KIND_NETWORKS:
		return networks_to_json(value);
	case KIND_PORTS:
		return ports_to_json(value);
	case KIND_TRANSPORTS:
		return transports_to_json(*(const unsigned *)value);
	case KIND_SERVICE:
		return json_string((*(const struct service *const *)value)->name);
	default:
		return json_integer(*(const int64_t *)value);
	}
}

int config_value_to_json(const struct config_key *key, const void *base, json_t **ret_json)
{
	json_t *json = to_json(key, config_key_value_const(key, base));

	if (!json)
		return -ENOMEM;
	*ret_json = json;
	return 0;
}

/* ---- From JSON ---- */

static int copy_text(const json_t *json, char **member)
{
	if (!json_is_string(json))
		return -EINVAL;
	*member = strdup(json_string_value(json));
	return *member ? 0 : -ENOMEM;
}

static int get_choice(const struct config_key *key, const json_t *json, int64_t *member)
{
	const char *text = json_string_value(json);

	for (int64_t i = 0; text && key->words[i]; i++)
		if (!strcmp(key->words[i], text)) {
			*member = i;
			return 0;
		}
	return -EINVAL;
}

static int get_bool(const json_t *json, bool *member)
{
	if (!json_is_boolean(json))
		return -EINVAL;
	*member = json_is_true(json);
	return 0;
}

static int get_integer(const json_t *json, int64_t *member)
{
	if (!json_is_integer(json))
		return -EINVAL;
	*member = json_integer_value(json);
	return 0;
}

static int get_mode(const json_t *json, int64_t *member)
{
	const char *text = json_string_value(json);

	if (!text || text[strspn(text, "01234567")] != '\0')
		return -EINVAL;
	*member = strtol(text, NULL, 8);
	return 0;
}

static int add_string(const char *text, void *member)
{
	return config_strings_add(member, text);
}

static int add_network(const char *text, void *member)
{
	struct guard_network network;

	return config_network_parse(text, &network) < 0 ? -EINVAL
							: config_networks_add(member, &network);
}

static int add_transport(const char *text, void *member)
{
	for (size_t i = 0; config_transports[i].name; i++)
		if (!strcmp(config_transports[i].name, text)) {
			*(unsigned *)member |= config_transports[i].bit;
			return 0;
		}
	return -EINVAL;
}

static int get_list(const json_t *json, int (*add)(const char *text, void *member), void *member)
{
	int r = json_is_array(json) ? 0 : -EINVAL;

	for (size_t i = 0; !r && i < json_array_size(json); i++) {
		const char *text = json_string_value(json_array_get(json, i));

		r = text ? add(text, member) : -EINVAL;
	}
	return r;
}

static int get_ports(const json_t *json, struct config_ports *member)
{
	int r = json_is_array(json) ? 0 : -EINVAL;

	for (size_t i = 0; !r && i < json_array_size(json); i++) {
		const json_t *port = json_array_get(json, i);
		const json_int_t number = json_integer_value(port);

		r = json_is_integer(port) && number >= 0 && number <= UINT16_MAX
			? config_ports_add(member, (uint16_t)number)
			: -EINVAL;
	}
	return r;
}

static int get_service(const json_t *json, const struct service **member)
{
	const char *name = json_string_value(json);

	*member = name ? service_find(name) : NULL;
	return *member ? 0 : -EINVAL;
}

int config_value_from_json(const struct config_key *key, const json_t *json, void *base)
{
	void *member = config_key_value(key, base);

	switch (key->kind) {
	case KIND_NAME:
	case KIND_PATH:
	case KIND_WORD:
	case KIND_ENDPOINT:
		return copy_text(json, member);
	case KIND_CHOICE:
		return get_choice(key, json, member);
	case KIND_BOOL:
		return get_bool(json, member);
	case KIND_MODE:
		return get_mode(json, member);
	case KIND_NAMES:
	case KIND_ADDRESSES:
		return get_list(json, add_string, member);
	case KIND_NETWORKS:
		return get_list(json, add_network, member);
	case KIND_PORTS:
		return get_ports(json, member);
	case KIND_TRANSPORTS:
		return get_list(json, add_transport, member);
	case KIND_SERVICE:
		return get_service(json, member);
	default:
		return get_integer(json, member);
	}
}
