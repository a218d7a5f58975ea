/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * places.c owns where the control socket is looked for.
 */
#include "build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/control.h"

#define SYSTEM_DIRECTORY RUNSTATEDIR "/echod"
#define SOCKET_NAME	 "control.sock"

static char *text(const char *format, ...) PRINTF_LIKE(1, 2);

/* The formatted text, to be freed; NULL = no memory. */
static char *text(const char *format, ...)
{
	va_list args;
	char *made;
	int n;

	va_start(args, format);
	n = vasprintf(&made, format, args);
	va_end(args);
	return n < 0 ? NULL : made;
}

/* An environment variable that names an absolute path, else NULL. */
static const char *path_from(const char *variable)
{
	const char *path = getenv(variable);

	return path && path[0] == '/' ? path : NULL;
}

char *control_runtime_directory(void)
{
	const char *path = path_from("RUNTIME_DIRECTORY");

	if (path) /* several are separated by colons; the first is the unit's own */
		return strndup(path, strcspn(path, ":"));
	if (geteuid() == 0)
		return strdup(SYSTEM_DIRECTORY);
	path = path_from("XDG_RUNTIME_DIR");
	if (path)
		return text("%s/echod", path);
	return text("/tmp/echod-%ld", (long)geteuid());
}

/* Anybody may make a directory in /tmp: one that is not ours may hold anybody's daemon. */
static bool is_trusted(const char *directory)
{
	struct stat st;

	if (strncmp(directory, "/tmp/", 5) != 0 || lstat(directory, &st) < 0)
		return true;
	return S_ISDIR(st.st_mode) && (st.st_uid == geteuid() || st.st_uid == 0);
}

size_t control_places(const char *given, char *ret_paths[static CONTROL_PLACES_MAX])
{
	CLEANUP_FREE char *own = NULL;
	size_t n = 0;

	if (!given) {
		given = getenv("ECHOD_SOCKET");
		if (given && given[0] == '\0')
			given = NULL;
	}
	if (given) {
		ret_paths[0] = strdup(given);
		return ret_paths[0] ? 1 : 0;
	}
	own = control_runtime_directory();
	if (own && is_trusted(own) && strcmp(own, SYSTEM_DIRECTORY) != 0)
		ret_paths[n++] = text("%s/%s", own, SOCKET_NAME);
	ret_paths[n++] = strdup(SYSTEM_DIRECTORY "/" SOCKET_NAME);
	return n;
}

/* How much an error says: the daemon may be there but not for us, it does not answer, it is gone,
 * it was never there. */
static int weight(int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		return 4;
	case -ETIMEDOUT:
		return 3;
	case -ECONNREFUSED:
		return 1;
	case -ENOENT:
		return 0;
	default:
		return 2;
	}
}

/* "a, b": *list is replaced; on -ENOMEM it stays. */
static int add_to_list(char **list, const char *path)
{
	char *longer = text("%s%s%s", *list ? *list : "", *list ? ", " : "", path);

	if (!longer)
		return -ENOMEM;
	free(*list);
	*list = longer;
	return 0;
}

static int try_paths(char *const *paths, size_t n, int64_t timeout_ms,
		     struct control_client **ret_client, const char **ret_path, char **tried)
{
	int worst = -ENOENT;

	for (size_t i = 0; i < n; i++) {
		int r = paths[i] ? control_client_open(paths[i], timeout_ms, ret_client) : -ENOMEM;

		if (r == 0) {
			*ret_path = paths[i];
			return 0;
		}
		if (paths[i] && add_to_list(tried, paths[i]) < 0)
			return -ENOMEM;
		if (weight(r) > weight(worst))
			worst = r;
	}
	return worst;
}

int control_client_find(const char *given, int64_t timeout_ms, struct control_client **ret_client,
			char **ret_path, char **ret_tried)
{
	char *paths[CONTROL_PLACES_MAX];
	size_t n = control_places(given, paths);
	struct control_client *client = NULL;
	const char *path = NULL;
	char *tried = NULL;
	char *copy = NULL;
	int r = n > 0 ? try_paths(paths, n, timeout_ms, &client, &path, &tried) : -ENOMEM;

	if (r == 0 && ret_path && !(copy = strdup(path))) {
		client = control_client_close(client);
		r = -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	if (r < 0) {
		*ret_tried = tried ? tried : strdup("");
		return r;
	}
	free(tried);
	*ret_client = client;
	if (ret_path)
		*ret_path = copy;
	return 0;
}
