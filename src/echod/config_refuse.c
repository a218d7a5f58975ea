/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_refuse.c: how a mistake in a setting is told: where it is, by its full name, and in words.
 */
#include "build.h"

#include <errno.h>
#include <stdio.h>

#include "config_value.h"
#include "echod/attr.h"

enum {
	NAME_SIZE = 256
};

/* "listeners.echo.port"; an element of a list has the list's name. */
static void full_name(const config_setting_t *setting, char name[static NAME_SIZE])
{
	const config_setting_t *part[8];
	size_t n = 0, length = 0;

	for (; setting && n < ARRAY_LENGTH(part); setting = setting->parent)
		if (setting->name)
			part[n++] = setting;
	name[0] = '\0';
	while (n-- > 0 && length < NAME_SIZE)
		length += (size_t)snprintf(name + length, NAME_SIZE - length, "%s%s",
					   length ? "." : "", part[n]->name);
}

int config_value_vrefuse(const struct config_reader *reader, const config_setting_t *setting,
			 const char *format, va_list arguments)
{
	struct config_place place = config_source_place(reader->source, setting->line);
	CLEANUP_FREE char *message = NULL;
	char name[NAME_SIZE];

	full_name(setting, name);
	if (vasprintf(&message, format, arguments) < 0) {
		message = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	return config_errors_add(reader->errors, place.file, place.line, "%s: %s", name, message);
}

int config_value_refuse(const struct config_reader *reader, const config_setting_t *setting,
			const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = config_value_vrefuse(reader, setting, format, arguments);
	va_end(arguments);
	return r;
}
