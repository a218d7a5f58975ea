/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * rundir.c: the directory is opened before it is judged or changed, and only what was opened is:
 * nobody can put another in its place between the two.
 */
#include "build.h"

#include "src/echod/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/attr.h"

static bool is_set(const char *path)
{
	return path && path[0] == '/';
}

void rundir_places_get(struct rundir_places *ret_places)
{
	*ret_places = (struct rundir_places){
		.uid = geteuid(),
		.runtime_directory = getenv("RUNTIME_DIRECTORY"),
		.runstatedir = RUNSTATEDIR,
		.xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.tmp = "/tmp",
	};
}

int rundir_path(const struct rundir_places *places, char **ret_path)
{
	const char *given = places->runtime_directory;
	char *path;
	int n;

	if (is_set(given))
		n = asprintf(&path, "%.*s", (int)strcspn(given, ":"), given);
	else if (places->uid == 0)
		n = asprintf(&path, "%s/echod", places->runstatedir);
	else if (is_set(places->xdg_runtime_dir))
		n = asprintf(&path, "%s/echod", places->xdg_runtime_dir);
	else
		n = asprintf(&path, "%s/echod-%lu", places->tmp, (unsigned long)places->uid);
	if (n < 0)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

/* Root's place may lack its parents: a prefix of one's own has no /run yet. */
static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (r < 0)
			return r;
	}
	return 0;
}

/* mkdir(2) leaves what is there, whatever it is: it is judged next. */
static int make(const struct rundir_places *places, char *path)
{
	int r = places->uid == 0 ? make_parents(path) : 0;

	if (r == 0 && mkdir(path, places->uid == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
		r = -errno;
	return r;
}

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ELOOP ? -ENOTDIR : -errno;
	return fd;
}

/* Without a chown(2) where nothing changes: a system-call filter may forbid it. */
static int give(int fd, uid_t owner, gid_t group, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return why_set(why, -errno, "%s: %s", path, strerror(errno));
	if ((st.st_uid != owner || st.st_gid != group) && fchown(fd, owner, group) < 0)
		return why_set(why, -errno, "%s: cannot give it to user %lu: %s", path,
			       (unsigned long)owner, strerror(errno));
	if ((st.st_mode & 07777) != 0755 && fchmod(fd, 0755) < 0)
		return why_set(why, -errno, "%s: cannot set its mode: %s", path, strerror(errno));
	return 0;
}

static int check_ours(int fd, uid_t uid, const char *path, struct why *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return why_set(why, -errno, "%s: %s", path, strerror(errno));
	if (st.st_uid != uid)
		return why_set(why, -EPERM, "%s: belongs to user %lu, not to us", path,
			       (unsigned long)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return why_set(why, -EPERM, "%s: others may write to it", path);
	return 0;
}

static int check_directory(const char *path, struct why *why)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return why_set(why, -errno, "%s ($RUNTIME_DIRECTORY): %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return why_set(why, -ENOTDIR, "%s ($RUNTIME_DIRECTORY): is no directory", path);
	return 0;
}

static int make_and_check(const struct rundir_places *places, uid_t owner, gid_t group, char *path,
			  struct why *why)
{
	int r = make(places, path);
	int fd;

	if (r < 0)
		return why_set(why, r, "%s: cannot make this directory: %s", path, strerror(-r));
	fd = open_directory(path);
	if (fd < 0)
		return why_set(why, fd, "%s: %s", path,
			       fd == -ENOTDIR ? "is a link or no directory" : strerror(-fd));
	r = places->uid == 0 ? give(fd, owner, group, path, why)
			     : check_ours(fd, places->uid, path, why);
	close(fd);
	return r;
}

int rundir_make(const struct rundir_places *places, uid_t owner, gid_t group, char **ret_path,
		struct why *why)
{
	CLEANUP_FREE char *path = NULL;
	int r = rundir_path(places, &path);

	if (r < 0)
		return why_set(why, r, "no memory for the run-time directory's name");
	if (is_set(places->runtime_directory))
		r = check_directory(path, why);
	else
		r = make_and_check(places, owner, group, path, why);
	if (r == 0)
		*ret_path = TAKE_PTR(path);
	return r;
}
