/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options_value.c: what each option's value may be.
 */
#include "multiconn/options_value.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "echod/parse.h"
#include "echod/selector.h"
#include "multiconn/report.h"

enum {
	SELECTORS_MAX = 8,
	CONNECTIONS_MAX = 1000000,
	TIMEOUT_MS_MAX = 24 * 3600 * 1000,
	LENGTH_MAX = 16 * 1024 * 1024
};

int options_usage_error(FILE *err, const char *format, ...)
{
	va_list args;

	fputs("multiconn: ", err);
	va_start(args, format);
	vfprintf(err, format, args);
	va_end(args);
	fputs("\nTry 'multiconn --help'.\n", err);
	return EXIT_USAGE;
}

/* A name that is none of these, with the nearest one or all that there are. */
static int unknown_name(FILE *err, const char *what, const char *given, const char *const *names)
{
	const char *nearest = parse_nearest(given, names);
	char all[128] = "";
	size_t n = 0;

	if (nearest)
		return options_usage_error(err, "no %s '%s': did you mean '%s'?", what, given,
					   nearest);
	for (; *names && n < sizeof(all); names++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", n > 0 ? ", " : "", *names);
	return options_usage_error(err, "no %s '%s': there are %s", what, given, all);
}

int options_set_selector(struct options *o, const char *name, FILE *err)
{
	const char *names[SELECTORS_MAX] = { "auto" };
	size_t n = 1;

	for (const char *const *known = selector_names(); *known && n + 1 < SELECTORS_MAX; known++)
		names[n++] = *known;
	o->selector = name;
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return OPTIONS_RUN;
	return unknown_name(err, "selector", name, names);
}

int options_set_service(struct options *o, const char *name, FILE *err)
{
	o->service = expect_service_find(name);
	if (o->service || strcmp(name, "echo") == 0)
		return OPTIONS_RUN;
	return unknown_name(err, "service", name, expect_service_names());
}

int options_set_control(struct options *o, const char *path, FILE *err)
{
	o->control = path;
	if (*path)
		return OPTIONS_RUN;
	return options_usage_error(err, "--control must be a socket's path or auto, not ''");
}

int options_set_timeout(struct options *o, const char *text, FILE *err)
{
	if (parse_duration_ms(text, 1, TIMEOUT_MS_MAX, &o->timeout_ms) == 0)
		return OPTIONS_RUN;
	return options_usage_error(err, "--timeout must be a time from 1ms to 24h, not '%s'", text);
}

int options_set_length(struct options *o, const char *text, FILE *err)
{
	int64_t length;

	if (parse_size(text, 1, LENGTH_MAX, &length) < 0)
		return options_usage_error(err, "--length must be a size from 1 to 16m, not '%s'",
					   text);
	o->length = (size_t)length;
	return OPTIONS_RUN;
}

int options_set_family(struct options *o, int family, FILE *err)
{
	if (o->family != AF_UNSPEC && o->family != family)
		return options_usage_error(err, "-4 and -6 exclude each other");
	o->family = family;
	return OPTIONS_RUN;
}

int options_set_bind(struct options *o, const char *text, FILE *err)
{
	switch (bind_range_parse(text, &o->bind)) {
	case 0:
		if (!bind_range_is_for_one(&o->bind))
			return options_usage_error(
			    err, "--bind must name an address that this machine can have, not '%s'",
			    text);
		return OPTIONS_RUN;
	case -EXDEV:
		return options_usage_error(
		    err, "--bind must name two addresses of one family and interface, not '%s'",
		    text);
	case -ERANGE:
		return options_usage_error(
		    err, "--bind must name the lower address first, not '%s'", text);
	case -E2BIG:
		return options_usage_error(err, "--bind must name at most %d addresses, not '%s'",
					   BIND_RANGE_MAX, text);
	default:
		return options_usage_error(
		    err, "--bind must be a numeric address, or two with a hyphen between, not '%s'",
		    text);
	}
}

int options_set_count(struct options *o, const char *text, FILE *err)
{
	int64_t count;

	if (parse_count(text, 1, CONNECTIONS_MAX, &count) < 0)
		return options_usage_error(err, "NUM_CONNECTIONS must be 1 to %d, not '%s'",
					   CONNECTIONS_MAX, text);
	o->n_connections = (size_t)count;
	return OPTIONS_RUN;
}

int options_set_proxy(struct options *o, const char *text, FILE *err)
{
	if (proxy_choice_parse(text, &o->proxy) == 0)
		return OPTIONS_RUN;
	return options_usage_error(err,
				   "--proxy must be v1 or v2, and may name a client with "
				   ",src=ADDRESS:PORT or ,src=[IPV6]:PORT, not '%s'",
				   text);
}
