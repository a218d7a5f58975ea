/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * From a file to a configuration: read the text, let libconfig parse it, walk the tree by the table,
 * fill in the defaults, and check what the values mean together. Only a file that cannot be read or
 * parsed ends this early; every other mistake is noted and the walk goes on.
 */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config_dictionary.h"
#include "config_load.h"
#include "config_value.h"
#include "echod/attr.h"
#include "echod/parse.h"

enum {
	LISTENER_NAME_MAX = 64
};

struct walk {
	struct config_reader reader;
	struct config *config;
};

/* The groups that the global keys' dots speak of, and the group of the listeners. */
static const char *const groups[] = { "control", "log", "listeners", NULL };

/* ---- Keys ---- */

/* Notes an unknown key with the name that may have been meant, of those that can stand in the same
 * group: prefix is "control." or the like. */
static int refuse_unknown(const struct walk *w, const config_setting_t *setting, const char *prefix,
			  bool of_listener)
{
	const char *names[CONFIG_KEYS_MAX + ARRAY_LENGTH(groups)] = { 0 };
	const char *key = config_setting_name(setting);
	const char *nearest;
	size_t n, known = 0;
	const struct config_key *keys = config_keys(&n);

	for (size_t i = 0; i < n; i++)
		if (keys[i].of_listener == of_listener &&
		    !strncmp(keys[i].name, prefix, strlen(prefix)) &&
		    !strchr(keys[i].name + strlen(prefix), '.'))
			names[known++] = keys[i].name + strlen(prefix);
	for (size_t i = 0; !of_listener && prefix[0] == '\0' && groups[i]; i++)
		names[known++] = groups[i];
	nearest = parse_nearest(key, names);
	if (nearest)
		return config_value_refuse(&w->reader, setting, "unknown key; did you mean '%s'?",
					   nearest);
	if (!of_listener && config_key_find(key, true))
		return config_value_refuse(&w->reader, setting,
					   "unknown key here; it belongs to a listener: "
					   "listeners = { NAME = { %s = ...; }; };",
					   key);
	return config_value_refuse(&w->reader, setting, "unknown key");
}

static int load_key(const struct walk *w, const struct config_key *key,
		    const config_setting_t *setting, void *base)
{
	struct config_place place = config_source_place(w->reader.source, setting->line);
	int r = config_value_load(&w->reader, key, setting, base);
	const struct config_origin origin = { place.file, place.line, CONFIG_FROM_FILE, r < 0 };

	config_key_set_origin(key, base, &origin);
	return r == -EINVAL ? 0 : r;
}

/* One member of the root, of a group, or of a listener. */
static int load_member(const struct walk *w, const config_setting_t *setting, const char *prefix,
		       void *base, bool of_listener)
{
	const struct config_key *key;
	char name[128];

	snprintf(name, sizeof(name), "%s%s", prefix, config_setting_name(setting));
	key = config_key_find(name, of_listener);
	if (key)
		return load_key(w, key, setting, base);
	return refuse_unknown(w, setting, prefix, of_listener);
}

/* ---- Groups ---- */

static int refuse_non_group(const struct walk *w, const config_setting_t *setting)
{
	return config_value_refuse(&w->reader, setting, "must be a group: { KEY = VALUE; ... }");
}

static int load_members(const struct walk *w, const config_setting_t *group, const char *prefix,
			void *base, bool of_listener)
{
	int r = 0;

	if (!config_setting_is_group(group))
		return refuse_non_group(w, group);
	for (int i = 0; !r && i < config_setting_length(group); i++)
		r = load_member(w, config_setting_get_elem(group, (unsigned)i), prefix, base,
				of_listener);
	return r;
}

static int load_listener(const struct walk *w, const config_setting_t *group)
{
	struct config_place place = config_source_place(w->reader.source, group->line);
	const char *name = config_setting_name(group);
	struct config_listener *listener;
	int r;

	if (strlen(name) > LISTENER_NAME_MAX || strchr(name, '*'))
		return config_value_refuse(
		    &w->reader, group, "a listener's name has at most %d letters, digits, - and _",
		    LISTENER_NAME_MAX);
	r = config_add_listener(w->config, name, &listener);
	if (r < 0)
		return r;
	listener->file = place.file;
	listener->line = place.line;
	return load_members(w, group, "", listener, true);
}

static int load_listeners(const struct walk *w, const config_setting_t *group)
{
	int r = 0;

	if (!config_setting_is_group(group))
		return refuse_non_group(w, group);
	if (config_setting_length(group) > CONFIG_ENDPOINTS_MAX)
		return config_value_refuse(&w->reader, group, "more than %d listeners",
					   CONFIG_ENDPOINTS_MAX);
	if (config_setting_length(group) == 0 && !w->reader.source->incomplete)
		return config_value_refuse(&w->reader, group, "no listener is in it");
	for (int i = 0; !r && i < config_setting_length(group); i++)
		r = load_listener(w, config_setting_get_elem(group, (unsigned)i));
	return r;
}

static int load_root(const struct walk *w, const config_setting_t *root)
{
	int r = 0;

	for (int i = 0; !r && i < config_setting_length(root); i++) {
		const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(setting);

		if (!strcmp(name, "listeners"))
			r = load_listeners(w, setting);
		else if (!strcmp(name, "control"))
			r = load_members(w, setting, "control.", w->config, false);
		else if (!strcmp(name, "log"))
			r = load_members(w, setting, "log.", w->config, false);
		else
			r = load_member(w, setting, "", w->config, false);
	}
	if (!r && !config_setting_get_member(root, "listeners") && !w->reader.source->incomplete)
		r = config_errors_add(w->reader.errors, w->config->files.items[0], 0,
				      "no listener: listeners = { echo = { port = 7; }; }; is one");
	return r;
}

/* ---- The file ---- */

static int refuse_syntax(const struct walk *w, const config_t *tree)
{
	int line = config_error_line(tree);
	struct config_place place =
	    config_source_place(w->reader.source, line > 0 ? (unsigned)line : 0);
	const char *text = config_error_text(tree);

	if (text && !strcmp(text, "duplicate setting name"))
		text = "this name was already used in the same group";
	else if (text && !strcmp(text, "syntax error"))
		text = "syntax error here, or just before (a missing ';' or quote?)";
	else if (text && !strcmp(text, "mismatched element type in array"))
		text = "the elements of a list must be of one type";
	return config_errors_add(w->reader.errors, place.file, place.line, "%s",
				 text ? text : "it cannot be parsed");
}

static int parse_and_walk(const struct walk *w)
{
	const char *text = (const char *)buf_data(&w->reader.source->text);
	config_t tree;
	int r;

	config_init(&tree);
	/* No directive reaches libconfig; if one did, it could open nothing below this. */
	config_set_include_dir(&tree, "/dev/null");
	if (config_read_string(&tree, text) != CONFIG_TRUE) {
		r = refuse_syntax(w, &tree);
		if (!r)
			r = -EINVAL;
	} else {
		r = load_root(w, config_root_setting(&tree));
	}
	config_destroy(&tree);
	return r;
}

static int load_into(struct config *config, const char *file, struct config_errors *errors)
{
	struct config_source source;
	const struct walk w = { { &source, errors }, config };
	int r = config_source_read(&source, file, &config->files, errors);

	if (!r)
		r = parse_and_walk(&w);
	if (!r)
		r = config_fill_defaults(config);
	if (!r)
		r = config_check(config, errors);
	if (!r)
		r = config_dictionaries_load(config, errors);
	config_source_fini(&source);
	return r;
}

/* *ret_path is the caller's. */
static int make_absolute(const char *file, char **ret_path)
{
	CLEANUP_FREE char *directory = NULL;

	if (file[0] == '/') {
		*ret_path = strdup(file);
		return *ret_path ? 0 : -ENOMEM;
	}
	directory = getcwd(NULL, 0);
	if (!directory)
		return -errno;
	if (asprintf(ret_path, "%s/%s", strcmp(directory, "/") != 0 ? directory : "", file) < 0)
		return -ENOMEM;
	return 0;
}

int config_load(const char *file, struct config *ret_config, struct config_errors *errors)
{
	size_t before = errors->length;
	struct config config = { 0 };
	CLEANUP_FREE char *path = NULL;
	int r = make_absolute(file, &path);

	if (r < 0) {
		path = NULL;
		if (r == -ENOMEM)
			return r;
		r = config_errors_add(errors, file, 0, "the current directory: %s", strerror(-r));
		return r ? r : -EINVAL;
	}
	r = load_into(&config, path, errors);
	if (!r && errors->length > before)
		r = -EINVAL;
	if (r < 0) {
		config_fini(&config);
		return r;
	}
	config.file = TAKE_PTR(path);
	*ret_config = config;
	return 0;
}
