/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Each kind of value has one function that reads it and one phrase that says how it is written. A
 * function notes every mistake it finds (a list may hold several) and returns -EINVAL once.
 */
#include "build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_network.h"
#include "config_value.h"
#include "echod/attr.h"
#include "echod/parse.h"

/* What is being read: the setting, or one element of it. */
struct value {
	const struct config_reader *reader;
	const struct config_key *key;
	const config_setting_t *setting;
};

/* Always an error: -EINVAL, or -ENOMEM when it could not be noted. */
PRINTF_LIKE(2, 3) static int wrong(const struct value *v, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = config_value_vrefuse(v->reader, v->setting, format, arguments);
	va_end(arguments);
	return r ? r : -EINVAL;
}

static const char *const forms[CONFIG_KINDS] = {
	[KIND_NAME] = "a name in quotes",
	[KIND_PATH] = "an absolute path in quotes",
	[KIND_WORD] = "a word in quotes",
	[KIND_ENDPOINT] = "an address and a port in quotes such as \"127.0.0.1:9007\"",
	[KIND_CHOICE] = "a word in quotes",
	[KIND_BOOL] = "true or false",
	[KIND_INTEGER] = "a decimal number without quotes",
	[KIND_COUNT] = "a decimal number, or in quotes with k or m, such as \"20k\"",
	[KIND_SIZE] = "a decimal number of bytes, or a size such as \"256k\"",
	[KIND_DURATION] = "a whole number of seconds, or a duration such as \"5s\" or \"250ms\"",
	[KIND_MODE] = "octal permissions in quotes such as \"0660\"",
	[KIND_NAMES] = "a list of names such as [ \"staff\" ]",
	[KIND_ADDRESSES] = "a list of addresses such as [ \"127.0.0.1\", \"::1\" ]",
	[KIND_NETWORKS] = "a list of networks such as [ \"10.0.0.0/8\" ]",
	[KIND_PORTS] = "a list of ports such as [ 7, 19 ]",
	[KIND_TRANSPORTS] = "a list of transports such as [ \"tcp\" ]",
	[KIND_SERVICE] = "the name of a service in quotes",
};

static int wrong_form(const struct value *v)
{
	return wrong(v, "must be %s%s", forms[v->key->kind],
		     v->key->may_be_off ? ", or \"off\"" : "");
}

static int wrong_range(const struct value *v)
{
	char range[CONFIG_RANGE_SIZE];

	return wrong(v, "must be %s", config_key_range(v->key, range));
}

/* ---- Words ---- */

static int wrong_word(const struct value *v, const char *what, const char *text,
		      const char *const *words)
{
	CLEANUP_FREE char *known = NULL;
	const char *nearest = parse_nearest(text, words);
	size_t size;
	FILE *list;

	if (nearest)
		return wrong(v, "unknown %s '%s'; did you mean '%s'?", what, text, nearest);
	list = open_memstream(&known, &size);
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; words[i]; i++)
		fprintf(list, "%s%s", i ? ", " : "", words[i]);
	if (fclose(list) != 0)
		return -ENOMEM;
	return wrong(v, "unknown %s '%s'; known: %s", what, text, known);
}

/* The index of the word, or an error that is noted. */
static int find_word(const struct value *v, const char *what, const char *text,
		     const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], text))
			return i;
	return wrong_word(v, what, text, words);
}

/* ---- Texts ---- */

static int get_text(const struct value *v, const char **ret_text)
{
	const char *text = config_setting_get_string(v->setting);

	if (config_setting_type(v->setting) != CONFIG_TYPE_STRING || !text)
		return wrong_form(v);
	if (!config_is_text(text))
		return wrong(v, "has control characters or is not UTF-8");
	*ret_text = text;
	return 0;
}

/* What can be a user's or group's name; whether it is one is seen where it is needed. */
static int check_name(const struct value *v, const char *text)
{
	if (text[strcspn(text, ":/ ")] != '\0' || strlen(text) > 255 || text[0] == '-')
		return wrong(v, "'%s' cannot be a name", text);
	return 0;
}

static int check_endpoint(const struct value *v, const char *text)
{
	struct net_address address;

	if (text[0] == '\0' || net_parse_with_port(text, &address) == 0)
		return 0;
	return wrong(v,
		     "'%s' is not a numeric address with a port, such as \"127.0.0.1:9007\" or "
		     "\"[::1]:9007\"",
		     text);
}

static int check_string(const struct value *v, const char *text)
{
	if (v->key->kind == KIND_ENDPOINT)
		return check_endpoint(v, text);
	if (v->key->kind == KIND_NAME)
		return check_name(v, text);
	if (v->key->kind == KIND_PATH && text[0] != '\0' && text[0] != '/')
		return wrong(v, "'%s' is relative; an absolute path is needed", text);
	return 0;
}

static int load_string(const struct value *v, void *member)
{
	const char *text;
	char *copy;
	int r = get_text(v, &text);

	if (!r && v->key->kind == KIND_WORD)
		r = find_word(v, v->key->name, text, v->key->words);
	else if (!r)
		r = check_string(v, text);
	if (r < 0)
		return r;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	*(char **)member = copy;
	return 0;
}

static int load_choice(const struct value *v, void *member)
{
	const char *text;
	int r = get_text(v, &text);

	if (!r)
		r = find_word(v, v->key->name, text, v->key->words);
	if (r < 0)
		return r;
	*(int64_t *)member = r;
	return 0;
}

static int load_service(const struct value *v, void *member)
{
	const char *text;
	int r = get_text(v, &text);

	if (!r)
		r = find_word(v, "service", text, service_names());
	if (r < 0)
		return r;
	*(const struct service **)member = service_find(text);
	return 0;
}

/* ---- Numbers ---- */

static int load_bool(const struct value *v, void *member)
{
	if (config_setting_type(v->setting) != CONFIG_TYPE_BOOL)
		return wrong_form(v);
	*(bool *)member = config_setting_get_bool(v->setting) != CONFIG_FALSE;
	return 0;
}

static int load_plain_number(const struct value *v, int64_t *ret_value)
{
	int64_t unit = v->key->kind == KIND_DURATION ? 1000 : 1;
	int64_t value = config_setting_get_int64(v->setting);

	if (config_setting_get_format(v->setting) != CONFIG_FORMAT_DEFAULT)
		return wrong_form(v);
	if (value > INT64_MAX / unit || value < INT64_MIN / unit || value * unit < v->key->min ||
	    value * unit > v->key->max)
		return wrong_range(v);
	*ret_value = value * unit;
	return 0;
}

static int parse_number(const struct config_key *key, const char *text, int64_t *ret_value)
{
	if (key->may_be_off && !strcmp(text, "off")) {
		*ret_value = 0;
		return 0;
	}
	if (key->kind == KIND_COUNT)
		return parse_count(text, key->min, key->max, ret_value);
	if (key->kind == KIND_SIZE)
		return parse_size(text, key->min, key->max, ret_value);
	return parse_duration_ms(text, key->min, key->max, ret_value);
}

static int load_number(const struct value *v, void *member)
{
	int type = config_setting_type(v->setting);
	int r;

	if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
		return load_plain_number(v, member);
	if (type != CONFIG_TYPE_STRING || v->key->kind == KIND_INTEGER)
		return wrong_form(v);
	r = parse_number(v->key, config_setting_get_string(v->setting), member);
	if (r == -ERANGE)
		return wrong_range(v);
	return r < 0 ? wrong_form(v) : 0;
}

static int load_mode(const struct value *v, void *member)
{
	const char *text;
	int64_t mode = 0;
	size_t digits;
	int r = get_text(v, &text);

	if (r < 0)
		return r;
	digits = strspn(text, "01234567");
	if (digits == 0 || digits > 8 || text[digits] != '\0')
		return wrong_form(v);
	for (; *text; text++)
		mode = mode * 8 + (*text - '0');
	if (mode < v->key->min || mode > v->key->max)
		return wrong_range(v);
	*(int64_t *)member = mode;
	return 0;
}

/* ---- Lists ---- */

static int add_name(const struct value *v, const char *text, void *member)
{
	int r = text[0] ? check_name(v, text) : wrong(v, "a name is empty");

	return r ? r : config_strings_add(member, text);
}

static int add_address(const struct value *v UNUSED, const char *text, void *member)
{
	return config_strings_add(member, text);
}

static int add_transport(const struct value *v, const char *text, void *member)
{
	const char *words[8] = { 0 };
	int i;

	for (i = 0; config_transports[i].name; i++)
		words[i] = config_transports[i].name;
	i = find_word(v, "transport", text, words);
	if (i < 0)
		return i;
	*(unsigned *)member |= config_transports[i].bit;
	return 0;
}

static int add_network(const struct value *v, const char *text, void *member)
{
	struct guard_network network;
	char meant[CONFIG_NETWORK_SIZE];

	switch (config_network_parse(text, &network)) {
	case 0:
		break;
	case -ERANGE:
		return wrong(v, "'%s' has a prefix longer than its address", text);
	case -EDOM:
		return wrong(v, "'%s' has bits set behind its prefix; did you mean '%s'?", text,
			     config_network_format(&network, meant));
	default:
		return wrong(v, "'%s' is not a network such as \"10.0.0.0/8\" or \"::1\"", text);
	}
	return config_networks_add(member, &network);
}

static int add_port(const struct value *v, void *member)
{
	int64_t port;
	int r;

	if (config_setting_type(v->setting) != CONFIG_TYPE_INT)
		return wrong_form(v);
	r = load_plain_number(v, &port);
	return r ? r : config_ports_add(member, (uint16_t)port);
}

static int add_element(const struct value *v, void *member)
{
	static int (*const adders[CONFIG_KINDS])(const struct value *, const char *, void *) = {
		[KIND_NAMES] = add_name,
		[KIND_ADDRESSES] = add_address,
		[KIND_NETWORKS] = add_network,
		[KIND_TRANSPORTS] = add_transport,
	};
	const char *text;
	int r;

	if (v->key->kind == KIND_PORTS)
		return add_port(v, member);
	r = get_text(v, &text);
	return r ? r : adders[v->key->kind](v, text, member);
}

static int load_list(const struct value *v, void *member)
{
	int result = 0;

	if (!config_setting_is_array(v->setting) && !config_setting_is_list(v->setting))
		return add_element(v, member);
	for (int i = 0; i < config_setting_length(v->setting); i++) {
		struct value element = { v->reader, v->key,
					 config_setting_get_elem(v->setting, (unsigned)i) };
		int r = add_element(&element, member);

		if (r == -ENOMEM)
			return r;
		result = r < 0 ? r : result;
	}
	return result;
}

int config_value_load(const struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *base)
{
	static int (*const loaders[CONFIG_KINDS])(const struct value *, void *) = {
		[KIND_NAME] = load_string,     [KIND_PATH] = load_string,
		[KIND_WORD] = load_string,     [KIND_ENDPOINT] = load_string,
		[KIND_CHOICE] = load_choice,   [KIND_BOOL] = load_bool,
		[KIND_INTEGER] = load_number,  [KIND_COUNT] = load_number,
		[KIND_SIZE] = load_number,     [KIND_DURATION] = load_number,
		[KIND_MODE] = load_mode,       [KIND_NAMES] = load_list,
		[KIND_ADDRESSES] = load_list,  [KIND_NETWORKS] = load_list,
		[KIND_TRANSPORTS] = load_list, [KIND_PORTS] = load_list,
		[KIND_SERVICE] = load_service,
	};
	struct value v = { reader, key, setting };
	int r = loaders[key->kind](&v, config_key_value(key, base));

	if (r < 0)
		config_key_fini(key, base);
	return r;
}
