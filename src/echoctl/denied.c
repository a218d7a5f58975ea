/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * denied.c: see denied.h. Who can connect may read the configuration, and so the names of the groups
 * that could help; an older daemon does not tell them.
 */
#include "echoctl/denied.h"

#include <stdio.h>
#include <string.h>

#include "echoctl/render_table.h"
#include "echoctl/session.h"
#include "echod/verbs.h"

enum {
	ASK_MS = 1000
};

/* What this program does not know is said to need most. */
static enum control_right right_of(const char *method)
{
	static const char prefix[] = CONTROL_INTERFACE ".";
	const size_t n = strlen(prefix);

	for (size_t i = 0; i < METHODS; i++)
		if (!strncmp(method, prefix, n) && !strcmp(method + n, verb_methods[i].name))
			return verb_methods[i].right;
	return CONTROL_ADMIN;
}

/* Adds the groups that this setting names. */
static void add_groups(json_t *groups, const json_t *values, const char *key)
{
	const json_t *row;
	size_t i;

	json_array_foreach(values, i, row)
	{
		const char *name = json_string_value(json_object_get(row, "key"));
		const char *value = json_string_value(json_object_get(row, "value"));
		json_t *list;

		if (!name || !value || strcmp(name, key) != 0)
			continue;
		list = json_loads(value, 0, NULL);
		if (list)
			json_array_extend(groups, list);
		json_decref(list);
	}
}

/* The names of the groups that have this right; NULL = the daemon does not tell. */
static json_t *ask_groups(struct control_client *client, enum control_right right)
{
	const json_t *values;
	json_t *groups = NULL, *reply = NULL;

	if (!client ||
	    control_client_call(client, CONTROL_INTERFACE ".GetConfig", NULL, ASK_MS, &reply) < 0)
		return NULL;
	values = json_object_get(json_object_get(reply, "parameters"), "values");
	if (json_is_array(values))
		groups = json_array();
	if (groups && right == CONTROL_OPERATE)
		add_groups(groups, values, "control.operate-groups");
	if (groups)
		add_groups(groups, values, "control.admin-groups");
	json_decref(reply);
	return groups;
}

static void print_groups(const json_t *groups)
{
	const size_t n = json_array_size(groups);

	fprintf(stderr, "the members of ");
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(groups, i));

		fputs(i == 0 ? "" : i + 1 < n ? ", " : " and ", stderr);
		render_print(name ? name : "?", stderr);
	}
	fputc('\n', stderr);
}

void denied_explain(struct control_client *client, const char *method)
{
	const enum control_right right = right_of(method);
	const char *settings = right == CONTROL_OPERATE
				   ? "control.operate-groups or control.admin-groups"
				   : "control.admin-groups";
	json_t *groups = ask_groups(client, right);

	fflush(stdout);
	fputs("echoctl: not permitted: ", stderr);
	render_print(method, stderr);
	if (json_array_size(groups) > 0) {
		fputs(" is for root, the daemon's own user and ", stderr);
		print_groups(groups);
	} else if (groups) {
		fprintf(stderr, " is for root and the daemon's own user; no group is named in %s\n",
			settings);
	} else {
		fprintf(stderr,
			" is for root, the daemon's own user and the groups that its configuration "
			"names in %s\n",
			settings);
	}
	json_decref(groups);
}
