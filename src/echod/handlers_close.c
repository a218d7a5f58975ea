/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_close.c: the methods that are about connections known to the client: GetConnection, which
 * asks the one worker that the id names, and CloseConnections.
 */
#include <errno.h>
#include <stdlib.h>

#include "echod/attr.h"
#include "echod/control.h"
#include "echod/log.h"
#include "src/echod/handlers.h"
#include "src/echod/handlers_query.h"
#include "src/echod/handlers_walk.h"
#include "src/echod/master.h"

/* ---- GetConnection ---- */

struct getting {
	struct walk walk; /* first */
	json_int_t id;
};

static json_t *get_ask(const struct walk *walk)
{
	const struct getting *g = CONTAINER_OF(walk, const struct getting, walk);

	return json_pack("{s:[I], s:b}", "ids", g->id, "tcp", 1);
}

static void get_page(struct walk *walk, const json_t *answer)
{
	json_t *row = json_array_get(json_object_get(answer, "connections"), 0);

	if (row)
		walk_end(walk, json_pack("{s:O}", "connection", row));
	else
		walk_next(walk);
}

static void get_done(struct walk *walk)
{
	const struct getting *g = CONTAINER_OF(walk, const struct getting, walk);

	walk_fail(walk, CONTROL_INTERFACE ".NoSuchConnection", json_pack("{s:I}", "id", g->id));
}

static void get_free(struct walk *walk)
{
	free(CONTAINER_OF(walk, struct getting, walk));
}

void handlers_get_connection(struct control_call *call, void *user)
{
	static const struct walk_steps steps = {
		.method = CONTROL_WORKER_INTERFACE ".ListConnections",
		.ask = get_ask,
		.page = get_page,
		.done = get_done,
		.free = get_free,
	};
	struct getting *g = calloc(1, sizeof(*g));
	json_int_t worker;

	if (!g) {
		control_error_memory(call);
		return;
	}
	g->id = json_integer_value(json_object_get(control_call_parameters(call), "id"));
	worker = g->id >> CONN_ID_BITS;
	if (g->id >= 0 && worker < CONFIG_WORKERS_MAX) {
		g->walk.worker = (unsigned)worker;
		g->walk.end = g->walk.worker + 1;
	}
	walk_begin(&g->walk, &steps, call, user);
}

/* ---- CloseConnections ---- */

struct closing {
	struct walk walk; /* first */
	struct control_peer peer;
	json_int_t closed;
	json_t
	    *missing; /* of the ids asked for, those not seen yet; NULL = none were given. Owned */
	bool no_memory;
};

static struct closing *closing_of(const struct walk *walk)
{
	return CONTAINER_OF(walk, struct closing, walk);
}

static bool is_of_worker(const json_t *id, unsigned worker)
{
	return json_integer_value(id) >> CONN_ID_BITS == worker;
}

static bool close_concerns(const struct walk *walk)
{
	const json_t *ids = json_object_get(walk->wanted, "ids"), *id;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		if (is_of_worker(id, walk->worker))
			return true;
	}
	return !json_is_array(ids);
}

static json_t *ids_of_worker(const struct walk *walk)
{
	const json_t *ids = json_object_get(walk->wanted, "ids");
	json_t *own = json_array(), *id;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		if (is_of_worker(id, walk->worker))
			own = handlers_append(own, json_incref(id));
	}
	return own;
}

static json_t *close_ask(const struct walk *walk)
{
	static const char *const passed_on[] = { "filter", "now", "dry_run" };
	json_t *question = json_object();

	for (size_t i = 0; i < ARRAY_LENGTH(passed_on); i++) {
		json_t *value = json_object_get(walk->wanted, passed_on[i]);

		if (value)
			question = handlers_set(question, passed_on[i], json_incref(value));
	}
	if (json_is_array(json_object_get(walk->wanted, "ids")))
		question = handlers_set(question, "ids", ids_of_worker(walk));
	return question;
}

static bool contains(const json_t *ids, json_int_t wanted)
{
	const json_t *id;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		if (json_integer_value(id) == wanted)
			return true;
	}
	return false;
}

/* Takes what was found off the list of those missing. */
static void found(struct closing *c, const json_t *ids)
{
	json_t *missing = json_array(), *id;
	size_t i;

	json_array_foreach(c->missing, i, id)
	{
		if (!contains(ids, json_integer_value(id)))
			missing = handlers_append(missing, json_incref(id));
	}
	c->no_memory |= !missing;
	json_decref(c->missing);
	c->missing = missing;
}

static void close_page(struct walk *walk, const json_t *answer)
{
	struct closing *c = closing_of(walk);

	c->closed += json_integer_value(json_object_get(answer, "closed"));
	if (c->missing)
		found(c, json_object_get(answer, "ids"));
	walk_next(walk);
}

static void log_closed(struct walk *walk)
{
	const struct closing *c = closing_of(walk);

	if (!json_is_true(json_object_get(walk->wanted, "dry_run")))
		log_notice("control", "%lld connections closed, asked for by uid %u, pid %d",
			   (long long)c->closed, (unsigned)c->peer.uid, (int)c->peer.pid);
}

static void close_done(struct walk *walk)
{
	struct closing *c = closing_of(walk);
	json_t *missing = c->missing ? json_incref(c->missing) : json_array();

	log_closed(walk);
	if (c->no_memory)
		json_decref(TAKE_PTR(missing));
	walk_end(walk,
		 missing ? json_pack("{s:I, s:o}", "closed", c->closed, "missing", missing) : NULL);
}

static void close_free(struct walk *walk)
{
	struct closing *c = closing_of(walk);

	json_decref(c->missing);
	free(c);
}

/* NULL, or what is wrong: an id that is none, both ids and a filter, neither. */
static const char *wrong_choice(const json_t *p)
{
	const json_t *ids = json_object_get(p, "ids"), *filter = json_object_get(p, "filter"), *id;
	struct query_filter ignored;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		if (!json_is_integer(id))
			return "ids";
	}
	if (json_is_object(filter))
		return json_is_array(ids) ? "filter" : query_read_filter(filter, &ignored);
	return json_is_array(ids) ? NULL : "filter";
}

void handlers_close_connections(struct control_call *call, void *user)
{
	static const struct walk_steps steps = {
		.method = CONTROL_WORKER_INTERFACE ".CloseConnections",
		.concerns = close_concerns,
		.ask = close_ask,
		.page = close_page,
		.done = close_done,
		.abandoned = log_closed,
		.free = close_free,
	};
	const json_t *p = control_call_parameters(call);
	const char *wrong = wrong_choice(p);
	struct closing *c;

	if (wrong) {
		control_error_parameter(call, wrong);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		control_error_memory(call);
		return;
	}
	if (json_is_array(json_object_get(p, "ids")))
		c->missing = json_incref(json_object_get(p, "ids"));
	c->peer = *control_call_peer(call);
	c->walk.end = CONFIG_WORKERS_MAX;
	walk_begin(&c->walk, &steps, call, user);
}
