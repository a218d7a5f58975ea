/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * privileges_find.c: names and numbers of users and groups, and the choice of whom to become.
 */
#include "build.h"

#include "src/echod/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/parse.h"

enum {
	GROUPS_FIRST_GUESS = 32,
	GROUPS_MAX = 65536
};

static const char *const default_users[] = { "echod", "nobody" };

static bool is_named(const char *name)
{
	return name && name[0] != '\0';
}

/* What getpwnam(3) and getgrnam(3) left in errno when they found nothing. */
static int lookup_error(int error)
{
	switch (error) {
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ERANGE:
		return -error;
	default:
		return -ENOENT;
	}
}

/* -1 is "leave it" to setresuid(2) and no number of anybody. */
static bool parse_id(const char *text, uint32_t *ret_id)
{
	int64_t id;

	if (parse_integer(text, 0, (int64_t)UINT32_MAX - 1, &id) < 0)
		return false;
	*ret_id = (uint32_t)id;
	return true;
}

int privileges_user_id(const char *name, uid_t *ret_uid)
{
	const struct passwd *entry;
	uint32_t id;

	errno = 0;
	entry = getpwnam(name);
	if (!entry && !parse_id(name, &id))
		return lookup_error(errno);
	*ret_uid = entry ? entry->pw_uid : id;
	return 0;
}

int privileges_group_id(const char *name, gid_t *ret_gid)
{
	const struct group *entry;
	uint32_t id;

	errno = 0;
	entry = getgrnam(name);
	if (!entry && !parse_id(name, &id))
		return lookup_error(errno);
	*ret_gid = entry ? entry->gr_gid : id;
	return 0;
}

static int find_user(const char *name, uid_t *ret_uid, struct why *why)
{
	int r = privileges_user_id(name, ret_uid);

	return r < 0 ? why_set(why, r, "user \"%s\": %s", name,
			       r == -ENOENT ? "there is no such user" : strerror(-r))
		     : 0;
}

static int find_group(const char *name, gid_t *ret_gid, struct why *why)
{
	int r = privileges_group_id(name, ret_gid);

	return r < 0 ? why_set(why, r, "group \"%s\": %s", name,
			       r == -ENOENT ? "there is no such group" : strerror(-r))
		     : 0;
}

/* Sets p->user and *ret_gid (when it is not NULL) from the entry of p->uid, which may not exist. */
static bool describe_user(struct privileges *p, gid_t *ret_gid)
{
	const struct passwd *entry = getpwuid(p->uid);

	if (entry)
		snprintf(p->user, sizeof(p->user), "%s", entry->pw_name);
	else
		snprintf(p->user, sizeof(p->user), "%lu", (unsigned long)p->uid);
	if (entry && ret_gid)
		*ret_gid = entry->pw_gid;
	return entry != NULL;
}

/* All groups that the databases give the user, its main one among them. */
static int find_groups(struct privileges *p, struct why *why)
{
	for (int room = GROUPS_FIRST_GUESS; room <= GROUPS_MAX; room *= 2) {
		gid_t *groups = calloc((size_t)room, sizeof(*groups));
		int n = room;

		if (!groups)
			return why_set(why, -ENOMEM, "no memory for the groups of user %s",
				       p->user);
		if (getgrouplist(p->user, p->gid, groups, &n) >= 0) {
			p->groups = groups;
			p->n_groups = (size_t)n;
			return 0;
		}
		free(groups);
	}
	return why_set(why, -E2BIG, "user %s is in too many groups", p->user);
}

/* The name of the user that nobody named. */
static const char *default_user(struct why *why)
{
	for (size_t i = 0; i < ARRAY_LENGTH(default_users); i++) {
		if (getpwnam(default_users[i])) {
			if (i > 0)
				why_set(why, 0, "there is no user \"%s\": running as \"%s\"",
					default_users[0], default_users[i]);
			return default_users[i];
		}
	}
	return NULL;
}

static int find_as_root(const char *user, const char *group, struct privileges *p, struct why *why)
{
	int r;

	if (!is_named(user))
		user = default_user(why);
	if (!user)
		return why_set(why, -ENOENT, "there is neither a user \"%s\" nor \"%s\": name one",
			       default_users[0], default_users[1]);
	r = find_user(user, &p->uid, why);
	if (r < 0)
		return r;
	if (!describe_user(p, &p->gid) && !is_named(group))
		return why_set(why, -ENOENT, "user %s has no entry, so a group must be named",
			       user);
	if (is_named(group))
		r = find_group(group, &p->gid, why);
	if (r < 0 || p->uid == 0)
		return r;
	p->change = true;
	return find_groups(p, why);
}

static int find_as_other(const char *user, const char *group, struct privileges *p, struct why *why)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int r = 0;

	p->uid = uid;
	p->gid = gid;
	describe_user(p, NULL);
	if (is_named(user))
		r = find_user(user, &uid, why);
	if (r == 0 && is_named(group))
		r = find_group(group, &gid, why);
	if (r < 0)
		return r;
	if (uid != p->uid)
		return why_set(why, -EPERM, "only root can become user \"%s\": we run as \"%s\"",
			       user, p->user);
	if (gid != p->gid)
		return why_set(why, -EPERM,
			       "only root can change to group \"%s\": we run as group %lu", group,
			       (unsigned long)p->gid);
	return 0;
}

int privileges_find(const char *user, const char *group, struct privileges *ret_privileges,
		    struct why *why)
{
	struct privileges p = { .change = false };
	int r;

	why->text[0] = '\0';
	r = geteuid() == 0 ? find_as_root(user, group, &p, why)
			   : find_as_other(user, group, &p, why);
	if (r == 0)
		*ret_privileges = p;
	return r;
}

void privileges_fini(struct privileges *p)
{
	free(p->groups);
	p->groups = NULL;
	p->n_groups = 0;
}
