/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * refusal.c owns the sentences for the daemon's errors. What they hold comes from outside: control
 * bytes are shown as '?'.
 */
#include "echoctl/refusal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "echoctl/render_table.h"
#include "echoctl/session.h"
#include "echod/attr.h"
#include "echod/control.h"

static void complain_with(const char *text, const json_t *parameters)
{
	const char *message = json_string_value(json_object_get(parameters, "message"));

	fprintf(stderr, "echoctl: %s", text);
	if (message) {
		fputs(": ", stderr);
		render_print(message, stderr);
	}
	fputc('\n', stderr);
}

static void no_configuration(const json_t *parameters)
{
	(void)parameters;
	session_complain("the daemon was started as HOST PORT: it has no configuration to reload");
}

/* "FILE:LINE: MESSAGE", as a compiler says it, so that an editor can follow. */
static void print_mistake(const json_t *mistake)
{
	const char *file = json_string_value(json_object_get(mistake, "file"));
	const char *message = json_string_value(json_object_get(mistake, "message"));
	const json_int_t line = json_integer_value(json_object_get(mistake, "line"));

	if (file && file[0]) {
		render_print(file, stderr);
		if (line > 0)
			fprintf(stderr, ":%" JSON_INTEGER_FORMAT, line);
		fputs(": ", stderr);
	}
	render_print(message ? message : "", stderr);
	fputc('\n', stderr);
}

static void config_invalid(const json_t *parameters)
{
	const json_t *errors = json_object_get(parameters, "errors");
	const size_t n = json_array_size(errors);

	for (size_t i = 0; i < n; i++)
		print_mistake(json_array_get(errors, i));
	session_complain("%zu mistake%s in the configuration; nothing has changed", n,
			 n == 1 ? "" : "s");
}

static void reload_failed(const json_t *parameters)
{
	complain_with("the reload failed, nothing has changed", parameters);
}

static void reopen_failed(const json_t *parameters)
{
	complain_with("not every log file could be opened again", parameters);
}

static const struct {
	const char *error;
	void (*explain)(const json_t *parameters);
} rows[] = {
	{ CONTROL_INTERFACE ".ConfigInvalid", config_invalid },
	{ CONTROL_INTERFACE ".NoConfiguration", no_configuration },
	{ CONTROL_INTERFACE ".ReloadFailed", reload_failed },
	{ CONTROL_INTERFACE ".ReopenFailed", reopen_failed },
};

bool refusal_explain(const char *error, const json_t *parameters)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if (strcmp(rows[i].error, error) == 0) {
			fflush(stdout);
			rows[i].explain(parameters);
			return true;
		}
	return false;
}
