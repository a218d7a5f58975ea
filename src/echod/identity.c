/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * identity.c: a name on the command line is meant for this very start; one in a file is meant for a
 * start as root, and the same file must do for whoever tries it out.
 */
#include "src/echod/identity.h"

#include <string.h>
#include <unistd.h>

#include "src/echod/config.h"
#include "src/echod/config_table.h"

static enum config_origin_kind origin_of(const struct config *config, const char *key)
{
	return config_key_origin(config_key_find(key, false), config, NULL)->kind;
}

static int find_as_root(const struct config *config, struct privileges *p,
			struct identity_note *note)
{
	/* The default's name may be missing where nobody made that user: then another is found. */
	const bool is_default =
	    strcmp(config->user, "echod") == 0 && origin_of(config, "user") != CONFIG_FROM_OPTION;

	note->level = LOG_LEVEL_WARNING;
	return privileges_find(is_default ? NULL : config->user, config->group, p, &note->why);
}

static bool is_our_user(const char *name)
{
	uid_t uid;

	return privileges_user_id(name, &uid) == 0 && uid == geteuid();
}

static bool is_our_group(const char *name)
{
	gid_t gid;

	return privileges_group_id(name, &gid) == 0 && gid == getegid();
}

static void note_ignored(const struct privileges *p, const char *key, const char *name,
			 struct identity_note *note)
{
	why_set(&note->why, 0,
		"%s \"%s\" of the configuration is for a start as root: running as user \"%s\"",
		key, name, p->user);
}

static int find_as_other(const struct config *config, struct privileges *p,
			 struct identity_note *note)
{
	const enum config_origin_kind user = origin_of(config, "user");
	const enum config_origin_kind group = origin_of(config, "group");
	const int r =
	    privileges_find(user == CONFIG_FROM_OPTION ? config->user : NULL,
			    group == CONFIG_FROM_OPTION ? config->group : NULL, p, &note->why);

	note->level = LOG_LEVEL_NOTICE;
	if (r < 0)
		return r;
	if (user == CONFIG_FROM_FILE && !is_our_user(config->user))
		note_ignored(p, "user", config->user, note);
	else if (group == CONFIG_FROM_FILE && config->group[0] && !is_our_group(config->group))
		note_ignored(p, "group", config->group, note);
	return 0;
}

int identity_find(const struct config *config, struct privileges *ret_privileges,
		  struct identity_note *ret_note)
{
	return geteuid() == 0 ? find_as_root(config, ret_privileges, ret_note)
			      : find_as_other(config, ret_privileges, ret_note);
}
