/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The list of mistakes in a configuration: each owns its file name and its text, so that the list
 * outlives what was parsed.
 */
#include "build.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "config.h"

static struct config_error *append(struct config_errors *errors)
{
	struct config_error *items =
	    reallocarray(errors->items, errors->length + 1, sizeof(*errors->items));

	if (!items)
		return NULL;
	errors->items = items;
	return &items[errors->length];
}

int config_errors_add(struct config_errors *errors, const char *file, int line, const char *format,
		      ...)
{
	CLEANUP_FREE char *message = NULL;
	CLEANUP_FREE char *name = NULL;
	struct config_error *error;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (n < 0) {
		message = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	if (file) {
		name = strdup(file);
		if (!name)
			return -ENOMEM;
	}
	error = append(errors);
	if (!error)
		return -ENOMEM;
	*error = (struct config_error){ TAKE_PTR(name), line, TAKE_PTR(message) };
	errors->length++;
	return 0;
}

void config_errors_fini(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->length; i++) {
		free(errors->items[i].file);
		free(errors->items[i].message);
	}
	free(errors->items);
	*errors = (struct config_errors){ 0 };
}

void config_errors_print(const struct config_errors *errors, FILE *stream)
{
	for (size_t i = 0; i < errors->length; i++) {
		const struct config_error *e = &errors->items[i];

		if (e->file && e->line > 0)
			fprintf(stream, "%s:%d: %s\n", e->file, e->line, e->message);
		else if (e->file)
			fprintf(stream, "%s: %s\n", e->file, e->message);
		else
			fprintf(stream, "%s\n", e->message);
	}
}
