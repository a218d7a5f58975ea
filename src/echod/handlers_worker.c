/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_worker.c: the methods of echod.Worker, the worker's end of its two links. The master calls
 * on one and listens to Watch on the other; both are served by one control server. When either is
 * lost the master is dead.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/control.h"
#include "echod/log.h"
#include "src/echod/config_json.h"
#include "src/echod/config_table.h"
#include "src/echod/log_setup.h"
#include "src/echod/reconfigure.h"
#include "src/echod/worker.h"

enum {
	LINK_MESSAGE_MAX = 16 * 1024 * 1024
};

#define WORKER_FAILED CONTROL_WORKER_INTERFACE ".Failed"

/* 0 is an empty reply, -errno an error that says so. */
static void answer(struct control_call *call, int r)
{
	if (r < 0)
		control_error(call, WORKER_FAILED, json_pack("{s:s}", "message", strerror(-r)));
	else
		control_reply(call, NULL);
}

static void start_ping(struct control_call *call, void *user)
{
	(void)user;
	control_reply(call, NULL);
}

/* slots: [int], each below the number of slots. */
static int read_slots(const json_t *slots, bool *serves, unsigned n_slots)
{
	size_t i;
	json_t *slot;

	json_array_foreach(slots, i, slot)
	{
		const json_int_t n = json_integer_value(slot);

		if (!json_is_integer(slot) || n < 0 || n >= n_slots)
			return -EINVAL;
		serves[n] = true;
	}
	return 0;
}

static void start_assign(struct control_call *call, void *user)
{
	struct worker *w = user;
	bool serves[CONFIG_WORKERS_MAX] = { false };
	const json_t *slots = json_object_get(control_call_parameters(call), "slots");

	if (read_slots(slots, serves, w->n_slots) < 0) {
		control_error_parameter(call, "slots");
		return;
	}
	worker_assign(w, serves);
	control_reply(call, NULL);
}

static void start_drain(struct control_call *call, void *user)
{
	const json_t *parameters = control_call_parameters(call);
	const json_t *spread = json_object_get(parameters, "spread_ms");

	worker_drain(user, json_integer_value(json_object_get(parameters, "number")),
		     json_is_integer(spread) ? json_integer_value(spread) : -1);
	control_reply(call, NULL);
}

static void start_resume(struct control_call *call, void *user)
{
	worker_resume(user);
	control_reply(call, NULL);
}

static void start_cut(struct control_call *call, void *user)
{
	worker_cut(user);
	control_reply(call, NULL);
}

static void start_stop(struct control_call *call, void *user)
{
	const json_t *parameters = control_call_parameters(call);

	worker_stop(user, json_integer_value(json_object_get(parameters, "timeout_ms")));
	control_reply(call, NULL);
}

static void watch_cancelled(struct control_call *call, void *mark)
{
	struct worker *w = mark;

	if (w->watch == call)
		w->watch = NULL;
}

/* The standing call: answered at once with how we are, then whenever that changes. */
static void start_watch(struct control_call *call, void *user)
{
	struct worker *w = user;

	control_call_keep(call, w, watch_cancelled);
	w->watch = call;
	worker_tell(w);
}

void worker_tell(struct worker *w)
{
	const json_int_t drained = w->n_conns == 0 ? w->drain : 0;
	json_t *how;

	if (!w->watch)
		return;
	how = json_pack("{s:b, s:b, s:I}", "full", w->full, "ahead", w->ahead, "drained", drained);
	if (!control_reply_more(w->watch, how))
		w->watch = NULL;
}

static void link_gone(int fd, void *user)
{
	(void)fd;
	worker_link_lost(user);
}

/* ---- A reload ---- */

/* row, transport, first_slot, and the sockets as descriptors: fewer than count where the kernel has
 * no descriptors left for us. */
static void start_add_sockets(struct control_call *call, void *user)
{
	const char *transport;
	int row, first_slot, count, *fds;
	const size_t n = control_call_fds(call, &fds);
	json_t *parameters = (json_t *)(uintptr_t)control_call_parameters(call);

	if (json_unpack(parameters, "{s:i, s:s, s:i, s:i}", "row", &row, "transport", &transport,
			"first_slot", &first_slot, "count", &count) < 0 ||
	    row < 0 || first_slot < 0) {
		control_error_parameter(call, "row");
		return;
	}
	if (count < 0 || (size_t)count != n) {
		answer(call, -EMFILE);
		return;
	}
	for (size_t i = 0; config_transports[i].name; i++)
		if (strcmp(config_transports[i].name, transport) == 0) {
			const int r =
			    reconfigure_add_sockets(user, (unsigned)row, config_transports[i].bit,
						    (unsigned)first_slot, fds, n);

			answer(call, r);
			return;
		}
	control_error_parameter(call, "transport");
}

/* endpoints: [{"row": int, "listener": string}]. *ret_items is the caller's to free. */
static int read_items(const json_t *endpoints, struct reconfigure_item **ret_items)
{
	struct reconfigure_item *items = calloc(json_array_size(endpoints) + 1, sizeof(*items));
	size_t i;
	json_t *row;

	if (!items)
		return -ENOMEM;
	json_array_foreach(endpoints, i, row)
	{
		int n;

		if (json_unpack(row, "{s:i, s:s}", "row", &n, "listener", &items[i].name) < 0 ||
		    n < 0) {
			free(items);
			return -EINVAL;
		}
		items[i].row = (unsigned)n;
	}
	*ret_items = items;
	return 0;
}

/* The log goes along, and comes back when the rest cannot follow. */
static int switch_to(struct worker *w, struct config *config, const struct reconfigure_item *items,
		     size_t n_items, struct why *why)
{
	struct why back = { .text = "" };
	int r = log_change(w->config, config, w->setup->background, why);

	if (r < 0)
		return r;
	r = reconfigure(w, config, items, n_items);
	if (r < 0 && log_change(config, w->config, w->setup->background, &back) < 0)
		log_error("worker", "worker %u: %s", w->setup->index, back.text);
	return r < 0 ? why_set(why, r, "%s", strerror(-r)) : 0;
}

static int configure(struct worker *w, const json_t *parameters, struct why *why)
{
	const json_t *endpoints = json_object_get(parameters, "endpoints");
	CLEANUP_FREE struct reconfigure_item *items = NULL;
	struct config config = { 0 };
	int r = config_from_json(json_object_get(parameters, "config"), &config);

	if (r >= 0)
		r = read_items(endpoints, &items);
	if (r < 0) {
		config_fini(&config);
		return why_set(why, r, "%s", strerror(-r));
	}
	r = switch_to(w, &config, items, json_array_size(endpoints), why);
	config_fini(&config);
	return r;
}

static void start_configure(struct control_call *call, void *user)
{
	struct why why = { .text = "" };

	if (configure(user, control_call_parameters(call), &why) < 0)
		control_error(call, WORKER_FAILED, json_pack("{s:s}", "message", why.text));
	else
		control_reply(call, NULL);
}

static void start_retire(struct control_call *call, void *user)
{
	reconfigure_retire(user,
			   json_is_true(json_object_get(control_call_parameters(call), "last")));
	control_reply(call, NULL);
}

static void start_reopen_logs(struct control_call *call, void *user)
{
	(void)user;
	answer(call, log_reopen());
}

static void start_set_events(struct control_call *call, void *user)
{
	const json_t *kinds = json_object_get(control_call_parameters(call), "kinds");
	struct worker *w = user;

	w->events = (unsigned)json_integer_value(kinds);
	control_reply(call, NULL);
}

/* level: null is the configuration's. */
static void start_set_log_level(struct control_call *call, void *user)
{
	const struct worker *w = user;
	const json_t *name = json_object_get(control_call_parameters(call), "level");
	enum log_level level;

	if (json_is_string(name) && log_level_parse(json_string_value(name), &level) < 0) {
		control_error_parameter(call, "level");
		return;
	}
	log_override(json_is_string(name) ? &level : NULL, w->config);
	control_reply(call, NULL);
}

static const struct control_method methods[] = {
	{ .name = "Ping", .start = start_ping },
	{ .name = "AddSockets",
	  .start = start_add_sockets,
	  .parameters = { { "row", JSON_INTEGER, false },
			  { "transport", JSON_STRING, false },
			  { "first_slot", JSON_INTEGER, false },
			  { "count", JSON_INTEGER, false } } },
	{ .name = "Assign",
	  .start = start_assign,
	  .parameters = { { "slots", JSON_ARRAY, false } } },
	{ .name = "CloseConnections",
	  .start = worker_close_connections,
	  .parameters = { { "filter", JSON_OBJECT, true },
			  { "ids", JSON_ARRAY, true },
			  { "now", JSON_TRUE, true },
			  { "dry_run", JSON_TRUE, true },
			  { "cursor", JSON_INTEGER, true } } },
	{ .name = "Configure",
	  .start = start_configure,
	  .parameters = { { "generation", JSON_INTEGER, false },
			  { "config", JSON_OBJECT, false },
			  { "endpoints", JSON_ARRAY, false } } },
	{ .name = "ListConnections",
	  .start = worker_list_connections,
	  .parameters = { { "filter", JSON_OBJECT, true },
			  { "ids", JSON_ARRAY, true },
			  { "sort", JSON_STRING, true },
			  { "reverse", JSON_TRUE, true },
			  { "after", JSON_ARRAY, true },
			  { "before", JSON_ARRAY, true },
			  { "tcp", JSON_TRUE, true },
			  { "limit", JSON_INTEGER, true },
			  { "cursor", JSON_INTEGER, true } } },
	{ .name = "Cut", .start = start_cut },
	{ .name = "Drain",
	  .start = start_drain,
	  .parameters = { { "number", JSON_INTEGER, false },
			  { "spread_ms", JSON_INTEGER, true } } },
	{ .name = "ReopenLogs", .start = start_reopen_logs },
	{ .name = "Resume", .start = start_resume },
	{ .name = "Retire", .start = start_retire, .parameters = { { "last", JSON_TRUE, false } } },
	{ .name = "SetEvents",
	  .start = start_set_events,
	  .parameters = { { "kinds", JSON_INTEGER, false } } },
	{ .name = "SetLogLevel",
	  .start = start_set_log_level,
	  .parameters = { { "level", JSON_STRING, true } } },
	{ .name = "Stop",
	  .start = start_stop,
	  .parameters = { { "timeout_ms", JSON_INTEGER, false } } },
	{ .name = "Watch", .needs_more = true, .start = start_watch },
};

int worker_links_open(struct worker *w)
{
	const struct control_server_settings settings = {
		.selector = w->selector,
		.interface = CONTROL_WORKER_INTERFACE,
		.description = "interface " CONTROL_WORKER_INTERFACE "\n",
		.vendor = "The echod authors",
		.product = "echod",
		.version = "",
		.url = "",
		.methods = methods,
		.n_methods = sizeof(methods) / sizeof(methods[0]),
		.user = w,
		.max_request_bytes = LINK_MESSAGE_MAX,
		.max_unsent_bytes = LINK_MESSAGE_MAX,
		.gone = link_gone,
	};
	int r = control_server_new(&settings, &w->server);

	if (r < 0) {
		close(w->setup->call_fd);
		close(w->setup->event_fd);
		return r;
	}
	r = control_server_add(w->server, w->setup->call_fd);
	if (r < 0) {
		close(w->setup->event_fd);
		return r;
	}
	return control_server_add(w->server, w->setup->event_fd);
}
