/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * What each option does with its argument. An option that is given twice means the last one.
 */
#include "build.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "echod/parse.h"
#include "echod/selector.h"
#include "options_table.h"

int options_refuse(struct options *options, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(options->message, sizeof(options->message), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* Takes over text, which may be NULL for lack of memory. */
static int replace(char **member, char *text)
{
	if (!text)
		return -ENOMEM;
	free(*member);
	*member = text;
	return 0;
}

/* A relative path is meant from here, and echod --daemon goes elsewhere. */
static int take_path(struct options *options, const char *option, const char *value, char **member)
{
	CLEANUP_FREE char *directory = NULL;
	char *path;

	if (value[0] == '\0')
		return options_refuse(options, "%s needs the name of a file", option);
	if (!config_is_text(value))
		return options_refuse(
		    options, "%s: the name has control characters or is not UTF-8", option);
	if (value[0] == '/')
		return replace(member, strdup(value));
	directory = getcwd(NULL, 0);
	if (!directory)
		return options_refuse(options, "the current directory: %s", strerror(errno));
	if (asprintf(&path, "%s/%s", strcmp(directory, "/") != 0 ? directory : "", value) < 0)
		return -ENOMEM;
	return replace(member, path);
}

static int take_config(struct options *options, const char *value)
{
	return take_path(options, "--config", value, &options->config_file);
}

static int take_pid_file(struct options *options, const char *value)
{
	return take_path(options, "--pid-file", value, &options->pid_file);
}

static int take_control_socket(struct options *options, const char *value)
{
	return take_path(options, "--control-socket", value, &options->control_socket);
}

/* NAME without :GROUP means the user's own group, whatever the file says. */
static int take_user(struct options *options, const char *value)
{
	size_t length = strcspn(value, ":");
	const char *group = value[length] ? value + length + 1 : "";
	int r;

	if (length == 0 || (value[length] && !*group) || strchr(group, ':') ||
	    !config_is_text(value))
		return options_refuse(options, "--user needs NAME or NAME:GROUP, not '%s'", value);
	r = replace(&options->user, strndup(value, length));
	return r ? r : replace(&options->group, strdup(group));
}

static int take_workers(struct options *options, const char *value)
{
	if (!strcmp(value, "auto")) {
		options->workers = 0;
		return 0;
	}
	if (parse_integer(value, 1, CONFIG_WORKERS_MAX, &options->workers) < 0)
		return options_refuse(options,
				      "--workers needs a number from 1 to %d or auto, not '%s'",
				      CONFIG_WORKERS_MAX, value);
	return 0;
}

static int take_selector(struct options *options, const char *value)
{
	static const char *const words[] = { "auto", "epoll", "poll", "select", NULL };
	const char *nearest;

	if (!strcmp(value, "auto"))
		return replace(&options->selector, strdup(value));
	for (const char *const *name = selector_names(); *name; name++)
		if (!strcmp(value, *name))
			return replace(&options->selector, strdup(value));
	for (const char *const *word = words; *word; word++)
		if (!strcmp(value, *word))
			return options_refuse(options, "--selector %s is not built into this echod",
					      value);
	nearest = parse_nearest(value, words);
	if (nearest)
		return options_refuse(options, "unknown selector '%s'; did you mean '%s'?", value,
				      nearest);
	return options_refuse(options, "unknown selector '%s'; known: auto, epoll, poll, select",
			      value);
}

static int take_log_level(struct options *options, const char *value)
{
	enum log_level level;
	const char *words[LOG_LEVEL_DEBUG + 2] = { 0 };
	const char *nearest;

	if (log_level_parse(value, &level) == 0) {
		options->log_level = level;
		return 0;
	}
	for (int i = 0; i <= LOG_LEVEL_DEBUG; i++)
		words[i] = log_level_name(i);
	nearest = parse_nearest(value, words);
	if (nearest)
		return options_refuse(options, "unknown log level '%s'; did you mean '%s'?", value,
				      nearest);
	return options_refuse(
	    options, "unknown log level '%s'; known: error, warning, notice, info, debug", value);
}

static int take_check(struct options *options, const char *value UNUSED)
{
	options->check = true;
	return 0;
}

static int take_daemon(struct options *options, const char *value UNUSED)
{
	options->daemon = true;
	return 0;
}

static int take_transcript(struct options *options, const char *value UNUSED)
{
	options->transcript = true;
	return 0;
}

static int take_help(struct options *options, const char *value UNUSED)
{
	options->help = true;
	return 0;
}

static int take_version(struct options *options, const char *value UNUSED)
{
	options->version = true;
	return 0;
}

const struct option_row option_rows[] = {
	{ "config", "FILE", "read this configuration file", take_config, 'c' },
	{ "check", NULL, "check the configuration; exit 0 if good, 78 if not", take_check, 0 },
	{ "daemon", NULL, "go to the background; return when it serves", take_daemon, 'd' },
	{ "pid-file", "FILE", "write the process id to this file", take_pid_file, 0 },
	{ "control-socket", "PATH", "answer echoctl on this socket", take_control_socket, 0 },
	{ "user", "NAME[:GROUP]", "become this user when started as root", take_user, 0 },
	{ "workers", "N|auto", "how many worker processes; auto is one per CPU", take_workers, 0 },
	{ "selector", "NAME", "event back end: auto, epoll, poll or select", take_selector, 0 },
	{ "log-level", "LEVEL", "error, warning, notice, info or debug", take_log_level, 0 },
	{ "transcript", NULL, "print each connection and its bytes; one worker", take_transcript,
	  0 },
	{ "help", NULL, "show this help", take_help, 'h' },
	{ "version", NULL, "show the version and what was compiled in", take_version, 'V' },
};
const size_t n_option_rows = ARRAY_LENGTH(option_rows);
