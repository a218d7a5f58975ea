/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_refusals.c: whom the daemon refused, and whom a listener's access list would. The sources
 * are those of all workers' tables, each summed up.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/control.h"
#include "src/echod/config_network.h"
#include "src/echod/config_table.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

enum {
	SOURCES_DEFAULT = 20,
	SOURCES_MAX = 1000
};

/* ---- Sources ---- */

/* Which of a worker's tables, and its words. */
struct kind {
	size_t offset; /* in struct stats_worker, of a struct refusals */
	int n_reasons;
	const char *(*name)(int reason);
};

static const char *reject_word(int reason)
{
	return reject_reason_name(reason);
}

static const char *drop_word(int reason)
{
	return drop_reason_name(reason);
}

static const struct kind connections = { offsetof(struct stats_worker, refusals), REJECT_REASONS,
					 reject_word };
static const struct kind datagrams = { offsetof(struct stats_worker, drops), DROP_REASONS,
				       drop_word };

static size_t collect(const struct stats *stats, const struct kind *kind, struct refused *rows)
{
	size_t n = 0;

	for (unsigned i = 0; i < stats->n_workers; i++) {
		const void *worker = &stats->workers[i];
		const struct refusals *table = (const void *)((const char *)worker + kind->offset);

		for (size_t k = 0; k < REFUSALS_ROWS; k++)
			if (refusals_read(&table->rows[k], &rows[n]))
				n++;
	}
	return n;
}

static void add(struct refused *sum, const struct refused *row)
{
	sum->count += row->count;
	sum->overcount += row->overcount;
	for (int i = 0; i < REFUSALS_REASONS; i++)
		sum->reasons[i] += row->reasons[i];
}

/* Each source once; returns how many there are. */
static size_t merge(struct refused *rows, size_t n)
{
	size_t kept = 0;

	qsort(rows, n, sizeof(*rows), refused_compare_source);
	for (size_t i = 0; i < n; i++)
		if (kept > 0 && refused_compare_source(&rows[kept - 1], &rows[i]) == 0)
			add(&rows[kept - 1], &rows[i]);
		else
			rows[kept++] = rows[i];
	return kept;
}

/* The largest first. */
static int compare_count(const void *a, const void *b)
{
	const struct refused *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return refused_compare_source(a, b);
}

static json_t *source_row(const struct kind *kind, const struct refused *row)
{
	json_t *reasons = json_object();
	char text[CONFIG_NETWORK_SIZE];

	for (int i = 0; i < kind->n_reasons && reasons; i++)
		reasons =
		    handlers_set(reasons, kind->name(i), json_integer((json_int_t)row->reasons[i]));
	return json_pack("{s:s, s:I, s:I, s:o}",			       //
			 "network", config_network_format(&row->source, text), //
			 "count", (json_int_t)row->count,		       //
			 "overcount", (json_int_t)row->overcount,	       //
			 "reasons", reasons);
}

static json_t *sources(const struct stats *stats, const struct kind *kind, size_t limit)
{
	CLEANUP_FREE struct refused *rows =
	    calloc((size_t)stats->n_workers * REFUSALS_ROWS, sizeof(*rows));
	json_t *array = rows ? json_array() : NULL;
	size_t n;

	if (!rows)
		return NULL;
	n = merge(rows, collect(stats, kind, rows));
	qsort(rows, n, sizeof(*rows), compare_count);
	for (size_t i = 0; i < n && i < limit && array; i++)
		array = handlers_append(array, source_row(kind, &rows[i]));
	return array;
}

void handlers_get_refusals(struct control_call *call, void *user)
{
	const struct master *m = user;
	const json_t *limit = json_object_get(control_call_parameters(call), "limit");
	const json_int_t n = json_is_integer(limit) ? json_integer_value(limit) : SOURCES_DEFAULT;
	json_t *status, *totals, *answer;

	if (n < 0 || n > SOURCES_MAX) {
		control_error_parameter(call, "limit");
		return;
	}
	status = handlers_status(m);
	totals = json_object_get(status, "totals");
	answer = json_pack("{s:O, s:O, s:O, s:o, s:o}",					      //
			   "rejected", json_object_get(totals, "rejected"),		      //
			   "accept_errors", json_object_get(totals, "accept_errors"),	      //
			   "datagrams_dropped", json_object_get(totals, "datagrams_dropped"), //
			   "sources", sources(m->stats, &connections, (size_t)n),
			   "datagram_sources", sources(m->stats, &datagrams, (size_t)n));
	json_decref(status);
	if (answer)
		control_reply(call, answer);
	else
		control_error_memory(call);
}

/* ---- Access lists ---- */

static const struct config_listener *find_listener(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_listeners; i++)
		if (strcmp(config->listeners[i].name, name) == 0)
			return &config->listeners[i];
	return NULL;
}

static json_t *verdict_row(const struct config *config, const struct config_listener *listener,
			   const struct peer *peer)
{
	static const char *const names[] = {
		[GUARD_ACL_NONE] = "none",
		[GUARD_ACL_ALLOW] = "allow",
		[GUARD_ACL_DENY] = "deny",
	};
	const struct guard_acl acl = { .allow = listener->allow.items,
				       .n_allow = listener->allow.length,
				       .deny = listener->deny.items,
				       .n_deny = listener->deny.length };
	struct guard_verdict verdict;
	const bool allowed = guard_acl(&acl, peer, &verdict);
	const bool denies = verdict.list == GUARD_ACL_DENY;
	const struct guard_network *networks = denies ? acl.deny : acl.allow;
	const struct config_key *key = config_key_find(denies ? "deny" : "allow", true);
	const struct config_origin *origin = config_key_origin(key, config, listener);
	char text[CONFIG_NETWORK_SIZE] = "";

	if (verdict.list != GUARD_ACL_NONE)
		config_network_format(&networks[verdict.index], text);
	return json_pack("{s:b, s:s, s:s?, s:s?, s:o}",		   //
			 "allowed", allowed,			   //
			 "list", names[verdict.list],		   //
			 "network", text[0] != '\0' ? text : NULL, //
			 "file", origin->file,			   //
			 "line", origin->file ? json_integer(origin->line) : json_null());
}

void handlers_test_acl(struct control_call *call, void *user)
{
	const struct master *m = user;
	const json_t *p = control_call_parameters(call);
	const char *name = json_string_value(json_object_get(p, "listener"));
	const char *address = json_string_value(json_object_get(p, "address"));
	const struct config_listener *listener = find_listener(&m->config, name);
	struct peer peer;
	json_t *row;

	if (!listener) {
		control_error(call, CONTROL_INTERFACE ".NoSuchListener",
			      json_pack("{s:s}", "listener", name));
		return;
	}
	if (peer_parse_address(address, &peer) < 0) {
		control_error_parameter(call, "address");
		return;
	}
	row = verdict_row(&m->config, listener, &peer);
	if (row)
		control_reply(call, row);
	else
		control_error_memory(call);
}
