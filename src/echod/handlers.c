/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers.c: the methods of echod.Control, a function for each row of the table in verbs.h, and who
 * may call them.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "echod/attr.h"
#include "echod/control.h"
#include "echod/log.h"
#include "echod/verbs.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

enum {
	REQUEST_MAX = 64 * 1024,
	UNSENT_MAX = 1024 * 1024,
	CLIENTS_MAX = 64,
	IDLE_MS = 60 * 1000
};

/* ---- Making replies ---- */

json_t *handlers_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) == 0)
		return array;
	json_decref(array);
	return NULL;
}

json_t *handlers_set(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* ---- The methods ---- */

static void reply(struct control_call *call, json_t *parameters)
{
	if (parameters)
		control_reply(call, parameters);
	else
		control_error_memory(call);
}

static void get_status(struct control_call *call, void *user)
{
	reply(call, handlers_status(user));
}

static void list_listeners(struct control_call *call, void *user)
{
	reply(call, handlers_listeners(user));
}

static void get_metrics(struct control_call *call, void *user)
{
	CLEANUP_FREE char *text = handlers_metrics(user);

	reply(call, text ? json_pack("{s:s}", "text", text) : NULL);
}

static void ping(struct control_call *call, void *user)
{
	(void)user;
	control_reply(call, NULL);
}

static void reopen_logs(struct control_call *call, void *user)
{
	handlers_reopen_logs(user, call);
}

/* ---- Rights ---- */

/* True if the peer is in one of the groups with these names. */
static bool in_groups(const struct control_peer *peer, const struct config_strings *names)
{
	for (size_t i = 0; i < names->length; i++) {
		gid_t gid;

		if (privileges_group_id(names->items[i], &gid) >= 0 &&
		    control_peer_in_groups(peer, &gid, 1))
			return true;
	}
	return false;
}

static bool is_admin(const struct master *m, const struct control_peer *peer)
{
	if (peer->uid == 0)
		return true;
	if (peer->uid == m->privileges.uid && strcmp(m->privileges.user, "nobody") != 0)
		return true;
	return in_groups(peer, &m->config.admin_groups);
}

static bool may(const struct control_peer *peer, enum control_right right, void *user)
{
	const struct master *m = user;

	switch (right) {
	case CONTROL_READ:
		return true;
	case CONTROL_OPERATE:
		return is_admin(m, peer) || in_groups(peer, &m->config.operate_groups);
	case CONTROL_ADMIN:
		return is_admin(m, peer);
	}
	return false;
}

static void refused(const struct control_peer *peer, const char *method, void *user)
{
	(void)user;
	log_warning("control", "%s refused to uid %u, pid %d", method, (unsigned)peer->uid,
		    (int)peer->pid);
}

static void malformed(const struct control_peer *peer, const char *why, void *user)
{
	(void)user;
	log_warning("control", "malformed request from uid %u, pid %d: %s", (unsigned)peer->uid,
		    (int)peer->pid, why);
}

/* ---- The server ---- */

static void (*const starts[])(struct control_call *call, void *user) = {
	[METHOD_PING] = ping,
	[METHOD_GET_METRICS] = get_metrics,
	[METHOD_GET_STATUS] = get_status,
	[METHOD_GET_CONFIG] = handlers_get_config,
	[METHOD_GET_REFUSALS] = handlers_get_refusals,
	[METHOD_TEST_ACL] = handlers_test_acl,
	[METHOD_WATCH_STATUS] = handlers_watch_status,
	[METHOD_WATCH_EVENTS] = handlers_watch_events,
	[METHOD_RELOAD] = handlers_reload,
	[METHOD_LIST_LISTENERS] = list_listeners,
	[METHOD_LIST_CONNECTIONS] = handlers_list_connections,
	[METHOD_GET_CONNECTION] = handlers_get_connection,
	[METHOD_CLOSE_CONNECTIONS] = handlers_close_connections,
	[METHOD_SET_LOG_LEVEL] = handlers_set_log_level,
	[METHOD_REOPEN_LOGS] = reopen_logs,
	[METHOD_DRAIN] = handlers_drain,
	[METHOD_RESUME] = handlers_resume,
	[METHOD_STOP] = handlers_stop,
};
static_assert(ARRAY_LENGTH(starts) == METHODS, "a function for every method");

int handlers_open(struct master *m, int listen_fd)
{
	static struct control_method methods[METHODS]; /* the server borrows them */
	const struct control_server_settings settings = {
		.selector = m->selector,
		.interface = CONTROL_INTERFACE,
		.description = verb_interface,
		.vendor = "The echod authors",
		.product = "echod",
		.version = PACKAGE_VERSION,
		.url = "",
		.methods = methods,
		.n_methods = METHODS,
		.user = m,
		.max_request_bytes = REQUEST_MAX,
		.max_unsent_bytes = UNSENT_MAX,
		.max_clients = CLIENTS_MAX,
		.idle_ms = IDLE_MS,
		.may = may,
		.refused = refused,
		.malformed = malformed,
	};
	int r;

	verbs_bind(starts, methods);
	r = control_server_new(&settings, &m->control);
	if (r < 0) {
		close(listen_fd);
		return r;
	}
	return control_server_listen(m->control, listen_fd);
}
