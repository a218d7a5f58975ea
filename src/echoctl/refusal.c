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

static void no_connection(const json_t *parameters)
{
	session_complain("there is no connection %" JSON_INTEGER_FORMAT,
			 json_integer_value(json_object_get(parameters, "id")));
}

static void worker_timeout(const json_t *parameters)
{
	session_complain("worker %" JSON_INTEGER_FORMAT " does not answer the daemon in time",
			 json_integer_value(json_object_get(parameters, "worker")));
}

static void wrong_parameter(const json_t *parameters)
{
	const char *name = json_string_value(json_object_get(parameters, "parameter"));

	if (name && strcmp(name, "filter.source") == 0)
		session_complain("--from wants a network such as 192.0.2.0/24 or 2001:db8::/32, in "
				 "which no bit behind the prefix is set");
	else if (name && strcmp(name, "address") == 0)
		session_complain("an address is numeric, such as 192.0.2.1 or 2001:db8::1");
	else if (name && strcmp(name, "filter.service") == 0)
		session_complain("--service: the daemon has no such service");
	else if (name && strcmp(name, "limit") == 0)
		session_complain("the daemon takes no such limit; that of refusals goes to 1000");
	else
		session_complain("the daemon understands '%.*s' differently; is it of another "
				 "version?",
				 name ? (int)strcspn(name, "\n\033") : 1, name ? name : "?");
}

static void no_such_listener(const json_t *parameters)
{
	const char *name = json_string_value(json_object_get(parameters, "listener"));

	fputs("echoctl: there is no listener '", stderr);
	render_print(name ? name : "", stderr);
	fputs("'\n", stderr);
}

static const struct {
	const char *error;
	void (*explain)(const json_t *parameters);
} rows[] = {
	{ CONTROL_ERROR_PARAMETER, wrong_parameter },
	{ CONTROL_INTERFACE ".ConfigInvalid", config_invalid },
	{ CONTROL_INTERFACE ".NoConfiguration", no_configuration },
	{ CONTROL_INTERFACE ".NoSuchConnection", no_connection },
	{ CONTROL_INTERFACE ".NoSuchListener", no_such_listener },
	{ CONTROL_INTERFACE ".ReloadFailed", reload_failed },
	{ CONTROL_INTERFACE ".ReopenFailed", reopen_failed },
	{ CONTROL_INTERFACE ".WorkerTimeout", worker_timeout },
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
