/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * What can be done with a value when only its row in the table is known: compare it, free it, say
 * its range. The kinds fall into a few ways of being kept in memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config_table.h"
#include "echod/attr.h"

static bool strings_are_equal(const struct config_strings *a, const struct config_strings *b)
{
	if (a->length != b->length)
		return false;
	for (size_t i = 0; i < a->length; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool networks_are_equal(const struct config_networks *a, const struct config_networks *b)
{
	if (a->length != b->length)
		return false;
	for (size_t i = 0; i < a->length; i++)
		if (a->items[i].bits != b->items[i].bits ||
		    a->items[i].address.family != b->items[i].address.family ||
		    memcmp(a->items[i].address.address, b->items[i].address.address, 16) != 0)
			return false;
	return true;
}

static bool ports_are_equal(const struct config_ports *a, const struct config_ports *b)
{
	return a->length == b->length &&
	       (a->length == 0 || !memcmp(a->items, b->items, a->length * sizeof(*a->items)));
}

bool config_key_is_equal(const struct config_key *key, const void *a_base, const void *b_base)
{
	const void *a = config_key_value_const(key, a_base);
	const void *b = config_key_value_const(key, b_base);

	switch (key->kind) {
	case KIND_NAME:
	case KIND_PATH:
	case KIND_WORD:
	case KIND_ENDPOINT:
		return !strcmp(*(char *const *)a, *(char *const *)b);
	case KIND_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case KIND_NAMES:
	case KIND_ADDRESSES:
		return strings_are_equal(a, b);
	case KIND_NETWORKS:
		return networks_are_equal(a, b);
	case KIND_PORTS:
		return ports_are_equal(a, b);
	case KIND_TRANSPORTS:
		return *(const unsigned *)a == *(const unsigned *)b;
	case KIND_SERVICE:
		return *(const struct service *const *)a == *(const struct service *const *)b;
	default:
		return *(const int64_t *)a == *(const int64_t *)b;
	}
}

void config_key_fini(const struct config_key *key, void *base)
{
	void *value = config_key_value(key, base);

	switch (key->kind) {
	case KIND_NAME:
	case KIND_PATH:
	case KIND_WORD:
	case KIND_ENDPOINT:
		free(*(char **)value);
		*(char **)value = NULL;
		break;
	case KIND_NAMES:
	case KIND_ADDRESSES:
		config_strings_fini(value);
		break;
	case KIND_NETWORKS:
		free(((struct config_networks *)value)->items);
		*(struct config_networks *)value = (struct config_networks){ 0 };
		break;
	case KIND_PORTS:
		free(((struct config_ports *)value)->items);
		*(struct config_ports *)value = (struct config_ports){ 0 };
		break;
	default:
		break;
	}
}

/* A number in the largest unit that divides it. */
static void print_in_units(char *text, size_t size, int64_t value, const char *const *units,
			   const int64_t *factors)
{
	while (*factors > 1 && (value < *factors || value % *factors != 0)) {
		factors++;
		units++;
	}
	snprintf(text, size, "%" PRId64 "%s", value / *factors, *units);
}

const char *config_key_number(const struct config_key *key, int64_t value,
			      char text[static CONFIG_NUMBER_SIZE])
{
	static const char *const size_units[] = { "g", "m", "k", "" };
	static const int64_t sizes[] = { 1 << 30, 1 << 20, 1 << 10, 1 };
	static const char *const duration_units[] = { "h", "m", "s", "ms" };
	static const int64_t durations[] = { 3600000, 60000, 1000, 1 };

	if (key->kind == KIND_SIZE)
		print_in_units(text, CONFIG_NUMBER_SIZE, value, size_units, sizes);
	else if (key->kind == KIND_DURATION)
		print_in_units(text, CONFIG_NUMBER_SIZE, value, duration_units, durations);
	else if (key->kind == KIND_MODE)
		snprintf(text, CONFIG_NUMBER_SIZE, "%04o", (unsigned)value);
	else
		snprintf(text, CONFIG_NUMBER_SIZE, "%" PRId64, value);
	return text;
}

const char *config_key_range(const struct config_key *key, char text[static CONFIG_RANGE_SIZE])
{
	char low[CONFIG_NUMBER_SIZE], high[CONFIG_NUMBER_SIZE];

	snprintf(text, CONFIG_RANGE_SIZE, "%s to %s%s", config_key_number(key, key->min, low),
		 config_key_number(key, key->max, high), key->may_be_off ? " or \"off\"" : "");
	return text;
}
