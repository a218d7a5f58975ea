/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * places.c: see places.h.
 */
#include "build.h"

#include "src/echod/places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "src/echod/rundir.h"

static int place(const char *configured, const char *directory, const char *name, char **ret_path)
{
	char *path;

	if (configured[0])
		path = strdup(configured);
	else if (asprintf(&path, "%s/%s", directory, name) < 0)
		path = NULL;
	if (!path)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

int places_find(const struct config *config, char **ret_pid_path, char **ret_control_path)
{
	struct rundir_places places;
	CLEANUP_FREE char *directory = NULL;
	CLEANUP_FREE char *pid_path = NULL;
	int r;

	rundir_places_get(&places);
	r = rundir_path(&places, &directory);
	if (r >= 0)
		r = place(config->pid_file, directory, "echod.pid", &pid_path);
	if (r >= 0)
		r = place(config->control_socket, directory, "control.sock", ret_control_path);
	if (r < 0)
		return r;
	*ret_pid_path = TAKE_PTR(pid_path);
	return 0;
}

int places_make(const struct config *config, const struct privileges *privileges, struct why *why)
{
	struct rundir_places places;
	CLEANUP_FREE char *directory = NULL;

	if (config->pid_file[0] && config->control_socket[0])
		return 0;
	rundir_places_get(&places);
	return rundir_make(&places, privileges->uid, privileges->gid, &directory, why);
}
