/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_query.c owns the names of what a list of connections can be asked for.
 */
#include "src/echod/handlers_query.h"

#include <string.h>

#include "echod/attr.h"
#include "src/echod/config_network.h"
#include "src/echod/config_table.h"
#include "src/echod/listener.h"
#include "src/echod/stream.h"

/* ---- Reading ---- */

static bool read_source(const json_t *value, struct query_filter *f)
{
	f->has_source = true;
	return json_is_string(value) &&
	       config_network_parse(json_string_value(value), &f->source) >= 0;
}

static bool read_listener(const json_t *value, struct query_filter *f)
{
	f->listener = json_string_value(value);
	return f->listener;
}

static bool read_service(const json_t *value, struct query_filter *f)
{
	f->service = json_string_value(value);
	return f->service && service_find(f->service);
}

static bool read_transport(const json_t *value, struct query_filter *f)
{
	const char *name = json_string_value(value);

	for (size_t i = 0; name && config_transports[i].name; i++)
		if (strcmp(config_transports[i].name, name) == 0)
			f->transports = config_transports[i].bit;
	return f->transports == SERVICE_TCP || f->transports == SERVICE_UNIX;
}

static bool read_state(const json_t *value, struct query_filter *f)
{
	const char *name = json_string_value(value);

	for (enum conn_state state = CONN_OPEN; name && state < CONN_DONE; state++)
		if (strcmp(conn_state_name(state), name) == 0) {
			f->has_state = true;
			f->state = state;
		}
	return f->has_state;
}

static bool read_number(const json_t *value, int64_t *ret_number)
{
	*ret_number = json_integer_value(value);
	return json_is_integer(value) && *ret_number >= 0;
}

static bool read_idle(const json_t *value, struct query_filter *f)
{
	return read_number(value, &f->min_idle_ms);
}

static bool read_age(const json_t *value, struct query_filter *f)
{
	return read_number(value, &f->min_age_ms);
}

static bool read_bytes(const json_t *value, struct query_filter *f)
{
	return read_number(value, &f->min_bytes);
}

#define PREFIX "filter."

static const struct {
	const char *name; /* behind PREFIX that of the field */
	bool (*read)(const json_t *value, struct query_filter *f);
} fields[] = {
	{ PREFIX "listener", read_listener }, { PREFIX "min_age_ms", read_age },
	{ PREFIX "min_bytes", read_bytes },   { PREFIX "min_idle_ms", read_idle },
	{ PREFIX "service", read_service },   { PREFIX "source", read_source },
	{ PREFIX "state", read_state },	      { PREFIX "transport", read_transport },
};

/* NULL, or the field's name if it is one and what is wrong with it otherwise. */
static const char *read_field(const char *name, const json_t *value, struct query_filter *f)
{
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
		if (strcmp(fields[i].name + strlen(PREFIX), name) == 0)
			return json_is_null(value) || fields[i].read(value, f) ? NULL
									       : fields[i].name;
	return "filter";
}

const char *query_read_filter(const json_t *filter, struct query_filter *ret_filter)
{
	const char *name, *wrong = NULL;
	json_t *value;

	*ret_filter = (struct query_filter){ 0 };
	json_object_foreach((json_t *)(uintptr_t)filter, name, value)
	{
		if (!wrong)
			wrong = read_field(name, value, ret_filter);
	}
	return wrong;
}

bool query_read_order(const char *name, enum query_order *ret_order)
{
	static const char *const names[] = {
		[QUERY_BY_ID] = "id",		[QUERY_BY_AGE] = "age",
		[QUERY_BY_IDLE] = "idle",	[QUERY_BY_RECEIVED] = "received",
		[QUERY_BY_SENT] = "sent",	[QUERY_BY_BYTES] = "bytes",
		[QUERY_BY_PENDING] = "pending",
	};

	*ret_order = QUERY_UNORDERED;
	if (!name)
		return true;
	for (size_t i = QUERY_BY_ID; i < ARRAY_LENGTH(names); i++)
		if (strcmp(names[i], name) == 0)
			*ret_order = i;
	return *ret_order != QUERY_UNORDERED;
}

bool query_order_moves(enum query_order order)
{
	return order != QUERY_UNORDERED && order != QUERY_BY_ID && order != QUERY_BY_AGE;
}

/* ---- Holding a connection against it ---- */

/* Access lists let Unix peers in; they have no source. */
static bool is_from(const struct guard_network *network, const struct peer *peer)
{
	const struct guard_acl only = { .allow = network, .n_allow = 1 };

	return peer->family != PEER_UNIX && guard_acl(&only, peer, NULL);
}

bool query_matches(const struct query_filter *f, const struct conn *c, int64_t now_ms)
{
	const struct listener *l = listener_of(c);

	if (f->has_state && (enum conn_state)c->state != f->state)
		return false;
	if (now_ms - c->active_ms < f->min_idle_ms || now_ms - c->opened_ms < f->min_age_ms ||
	    c->received_bytes + c->sent_bytes < f->min_bytes)
		return false;
	if (f->transports && !(l->sockets->transport & f->transports))
		return false;
	if (f->service && strcmp(c->rules->service->name, f->service) != 0)
		return false;
	if (f->listener && strcmp(l->name, f->listener) != 0)
		return false;
	return !f->has_source || is_from(&f->source, &c->peer);
}

static int64_t value_of(enum query_order order, const struct conn *c)
{
	switch (order) {
	case QUERY_UNORDERED:
	case QUERY_BY_ID:
		return 0;
	case QUERY_BY_AGE:
		return c->opened_ms;
	case QUERY_BY_IDLE:
		return c->active_ms;
	case QUERY_BY_RECEIVED:
		return -c->received_bytes;
	case QUERY_BY_SENT:
		return -c->sent_bytes;
	case QUERY_BY_BYTES:
		return -(c->received_bytes + c->sent_bytes);
	case QUERY_BY_PENDING:
		return -(int64_t)stream_held(c);
	}
	return 0;
}

struct query_key query_key_of(enum query_order order, bool reverse, const struct conn *c)
{
	const int64_t sign = reverse ? -1 : 1;

	return (struct query_key){ sign * value_of(order, c), sign * (int64_t)c->id };
}

int query_compare(const struct query_key *a, const struct query_key *b)
{
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}
