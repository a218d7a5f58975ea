/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The walk over the command line, the rules between options, and the way from options to a
 * configuration. Options and the two operands may stand in any order; "--" ends the options.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "config_table.h"
#include "echod/attr.h"
#include "echod/parse.h"
#include "options_table.h"

#define DEFAULT_CONFIG_FILE SYSCONFDIR "/echod/echod.conf"

struct arguments {
	char **next, **end;
	const char *operands[2];
	size_t n_operands;
};

static int refuse_long(struct options *options, const char *name, size_t length)
{
	CLEANUP_FREE char *wanted = strndup(name, length);
	CLEANUP_FREE const char **words = calloc(n_option_rows + 1, sizeof(*words));
	const char *nearest;

	if (!wanted || !words)
		return -ENOMEM;
	for (size_t i = 0; i < n_option_rows; i++)
		words[i] = option_rows[i].name;
	nearest = parse_nearest(wanted, words);
	if (nearest)
		return options_refuse(options, "unknown option '--%s'; did you mean '--%s'?",
				      wanted, nearest);
	return options_refuse(options, "unknown option '--%s'", wanted);
}

/* "--name", "--name VALUE" or "--name=VALUE"; text begins behind the dashes. */
static int parse_long(struct options *options, struct arguments *a, const char *text)
{
	size_t length = strcspn(text, "=");
	const char *value = text[length] ? text + length + 1 : NULL;
	const struct option_row *row = NULL;

	for (size_t i = 0; !row && i < n_option_rows; i++)
		if (strlen(option_rows[i].name) == length &&
		    !strncmp(option_rows[i].name, text, length))
			row = &option_rows[i];
	if (!row)
		return refuse_long(options, text, length);
	if (!row->argument && value)
		return options_refuse(options, "--%s takes no argument", row->name);
	if (row->argument && !value) {
		if (a->next == a->end)
			return options_refuse(options, "--%s needs an argument: %s", row->name,
					      row->argument);
		value = *a->next++;
	}
	return row->take(options, value);
}

/* "-d", "-dc FILE", "-cFILE"; text begins behind the dash. */
static int parse_letters(struct options *options, struct arguments *a, const char *text)
{
	for (; *text; text++) {
		const struct option_row *row = NULL;
		int r;

		for (size_t i = 0; !row && i < n_option_rows; i++)
			if (option_rows[i].letter == *text)
				row = &option_rows[i];
		if (!row)
			return options_refuse(options, "unknown option '-%c'", *text);
		if (row->argument) {
			if (!text[1] && a->next == a->end)
				return options_refuse(options, "-%c needs an argument: %s", *text,
						      row->argument);
			return row->take(options, text[1] ? text + 1 : *a->next++);
		}
		r = row->take(options, NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_operand(struct options *options, struct arguments *a, const char *text)
{
	if (a->n_operands == ARRAY_LENGTH(a->operands))
		return options_refuse(options, "one argument too many: '%s'", text);
	a->operands[a->n_operands++] = text;
	return 0;
}

static int parse_all(struct options *options, struct arguments *a)
{
	bool only_operands = false;
	int r = 0;

	while (!r && a->next < a->end) {
		const char *text = *a->next++;

		if (only_operands || text[0] != '-' || text[1] == '\0')
			r = parse_operand(options, a, text);
		else if (!strcmp(text, "--"))
			only_operands = true;
		else if (text[1] == '-')
			r = parse_long(options, a, text + 2);
		else
			r = parse_letters(options, a, text + 1);
	}
	return r;
}

static int keep_operands(struct options *options, const struct arguments *a)
{
	uint16_t port;

	if (a->n_operands == 0)
		return 0;
	if (a->n_operands == 1)
		return options_refuse(options, "HOST '%s' needs a PORT behind it", a->operands[0]);
	if (parse_port(a->operands[1], &port) < 0)
		return options_refuse(options, "PORT '%s' is not a number from 0 to 65535",
				      a->operands[1]);
	options->host = strdup(a->operands[0]);
	options->port = strdup(a->operands[1]);
	return options->host && options->port ? 0 : -ENOMEM;
}

static int check_together(struct options *options)
{
	if (options->host && options->config_file)
		return options_refuse(options, "HOST PORT and --config exclude each other");
	if (options->transcript && options->daemon)
		return options_refuse(options, "--transcript and --daemon exclude each other");
	if (options->transcript && options->workers != -1 && options->workers != 1)
		return options_refuse(options,
				      "--transcript has one worker; --workers says otherwise");
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	struct arguments a = { .next = argv + (argc > 0), .end = argv + argc };
	int r;

	*ret_options = (struct options){ .workers = -1, .log_level = -1 };
	r = parse_all(ret_options, &a);
	if (!r && !ret_options->help && !ret_options->version) {
		r = keep_operands(ret_options, &a);
		if (!r)
			r = check_together(ret_options);
	}
	return r;
}

void options_fini(struct options *options)
{
	free(options->config_file);
	free(options->host);
	free(options->port);
	free(options->pid_file);
	free(options->control_socket);
	free(options->user);
	free(options->group);
	free(options->selector);
	*options = (struct options){ .workers = -1, .log_level = -1 };
}

const char *options_config_file(const struct options *options)
{
	return options->config_file ? options->config_file : DEFAULT_CONFIG_FILE;
}

bool options_lack_configuration(const struct options *options)
{
	return !options->host && !options->config_file && access(DEFAULT_CONFIG_FILE, F_OK) < 0 &&
	       errno == ENOENT;
}

/* ---- Over the configuration ---- */

static void mark(struct config *config, const char *key)
{
	const struct config_origin origin = { .kind = CONFIG_FROM_OPTION };

	config_key_set_origin(config_key_find(key, false), config, &origin);
}

static int apply_text(struct config *config, const char *key, const char *value, char **member)
{
	char *copy;

	if (!value)
		return 0;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*member);
	*member = copy;
	mark(config, key);
	return 0;
}

static void apply_number(struct config *config, const char *key, int64_t value, int64_t *member)
{
	if (value < 0)
		return;
	*member = value;
	mark(config, key);
}

/* Puts what the options say over the configuration. 0 or -ENOMEM. */
static int apply(const struct options *options, struct config *config)
{
	int r = apply_text(config, "user", options->user, &config->user);

	if (!r)
		r = apply_text(config, "group", options->group, &config->group);
	if (!r)
		r = apply_text(config, "pid-file", options->pid_file, &config->pid_file);
	if (!r)
		r = apply_text(config, "control.socket", options->control_socket,
			       &config->control_socket);
	if (!r)
		r = apply_text(config, "selector", options->selector, &config->selector);
	apply_number(config, "workers", options->transcript ? 1 : options->workers,
		     &config->workers);
	apply_number(config, "log.level", options->log_level, &config->log_level);
	return r;
}

int options_load(const struct options *options, struct config *ret_config,
		 struct config_errors *errors)
{
	struct config config;
	int r;

	if (options->host)
		r = config_from_arguments(options->host, options->port, &config, errors);
	else
		r = config_load(options_config_file(options), &config, errors);
	if (r < 0)
		return r;
	r = apply(options, &config);
	if (r < 0) {
		config_fini(&config);
		return r;
	}
	*ret_config = config;
	return 0;
}
