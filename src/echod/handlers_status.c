/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_status.c: what GetStatus answers, made from the shared counters and the master's own
 * state: it never waits for a worker. Every reason is always there, 0 included.
 */
#include <unistd.h>

#include "build.h"
#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/reason.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

static json_t *worker_slots(const struct master_worker *worker)
{
	json_t *slots = json_array();

	for (unsigned slot = 0; slot < worker->master->n_workers; slot++)
		if (worker->serves[slot])
			slots = handlers_append(slots, json_integer(slot));
	return slots;
}

static const char *worker_state(const struct master_worker *worker)
{
	const enum master_state state = worker->master->state;

	if (worker->pid == 0)
		return "dead";
	if (!worker->running)
		return "starting";
	return state == MASTER_STARTING || state == MASTER_RUNNING ? "running" : "draining";
}

static json_t *turn_limits(void)
{
	json_t *limits = json_array();

	for (size_t i = 0; i < ARRAY_LENGTH(stats_turn_limits_us); i++)
		limits = handlers_append(limits, json_integer(stats_turn_limits_us[i]));
	return limits;
}

static json_t *set_turns(json_t *row, const struct stats_worker *stats)
{
	json_t *turns = json_array();

	for (int i = 0; i < STATS_TURNS; i++)
		turns = handlers_append(turns, json_integer(stats_get(&stats->turns[i])));
	row = handlers_set(row, "loop_turns", turns);
	return handlers_set(row, "loop_busy_us", json_integer(stats_get(&stats->busy_ns) / 1000));
}

static json_t *worker_row(const struct master_worker *worker)
{
	const struct stats_worker *stats = &worker->master->stats->workers[worker->index];
	json_t *pid = worker->pid ? json_integer(worker->pid) : json_null();
	json_t *row;

	row = json_pack("{s:i, s:o, s:s, s:o, s:I, s:I, s:b, s:I, s:I, s:I, s:I}",		 //
			"index", (int)worker->index,						 //
			"pid", pid,								 //
			"state", worker_state(worker),						 //
			"slots", worker_slots(worker),						 //
			"active", (json_int_t)stats_active(stats),				 //
			"accepted", (json_int_t)stats_get(&stats->accepted),			 //
			"full", worker->full,							 //
			"pending_bytes", (json_int_t)stats_get(&stats->pending_bytes),		 //
			"paused_connections", (json_int_t)stats_get(&stats->paused_connections), //
			"open_files_limit", (json_int_t)stats_get(&stats->open_files_limit),	 //
			"restarts", (json_int_t)worker->restarts);
	return set_turns(row, stats);
}

static json_t *worker_rows(const struct master *m)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < m->n_workers; i++)
		rows = handlers_append(rows, worker_row(&m->workers[i]));
	return rows;
}

/* Sets address, port and path: those that the transport has, null for the others. */
static json_t *set_address(json_t *row, const struct endpoint_sockets *sockets)
{
	const bool is_unix = sockets->transport == SERVICE_UNIX;
	const char *path = is_unix ? sockets->address.path.sun_path : NULL;
	char text[PEER_TEXT_SIZE];
	struct peer peer;

	net_to_peer(&sockets->address, &peer);
	peer_format_address(&peer, text);
	row = handlers_set(row, "address", is_unix ? json_null() : json_string(text));
	row = handlers_set(row, "port",
			   is_unix ? json_null() : json_integer(net_port(&sockets->address)));
	return handlers_set(row, "path", path ? json_string(path) : json_null());
}

static const char *listener_state(const struct master *m)
{
	if (m->state == MASTER_STOPPING)
		return "closed";
	return m->drain.number != 0 ? "draining" : "listening";
}

static json_t *listener_row(const struct master *m, const struct endpoint *endpoint)
{
	const struct endpoint_sockets *sockets = endpoint->sockets;
	const struct ledger_counts counts = ledger_counts(&m->ledger, sockets->row);
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", //
				"name", endpoint->listener->name,				//
				"service", endpoint->listener->service->name,			//
				"transport", endpoint_transport_name(sockets->transport),	//
				"state", listener_state(m),					//
				"accepted", (json_int_t)counts.accepted,			//
				"active", (json_int_t)ledger_active(&m->ledger, sockets->row),	//
				"rejected", (json_int_t)counts.rejected,			//
				"received_bytes", (json_int_t)counts.received_bytes,		//
				"sent_bytes", (json_int_t)counts.sent_bytes,			//
				"datagrams_received", (json_int_t)counts.datagrams_received,	//
				"datagrams_sent", (json_int_t)counts.datagrams_sent,		//
				"datagrams_dropped", (json_int_t)counts.datagrams_dropped);

	return set_address(row, sockets);
}

static json_t *listener_rows(const struct master *m)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < m->endpoints.length; i++)
		rows = handlers_append(rows, listener_row(m, &m->endpoints.items[i]));
	return rows;
}

json_t *handlers_listeners(const struct master *m)
{
	return json_pack("{s:o}", "listeners", listener_rows(m));
}

/* Sums of n cells that follow each other in struct stats_worker, by their words. */
static json_t *sums(const struct stats *stats, size_t offset, int n, const char *(*name)(int))
{
	json_t *object = json_object();

	for (int i = 0; i < n; i++)
		object = handlers_set(
		    object, name(i),
		    json_integer(stats_sum(stats, offset + (size_t)i * sizeof(int64_t))));
	return object;
}

static const char *close_word(int i)
{
	return close_reason_name(i);
}

static const char *reject_word(int i)
{
	return reject_reason_name(i);
}

static const char *accept_word(int i)
{
	return accept_error_name(i);
}

static const char *drop_word(int i)
{
	return drop_reason_name(i);
}

#define SUMS(stats, member, words, name) \
	sums((stats), offsetof(struct stats_worker, member), (words), (name))

/* accepted - active = closed holds in one reply, and none of them ever goes backwards: what has ended
 * is read once, before what has begun. */
static json_t *totals(const struct master *m)
{
	const struct stats *s = m->stats;
	json_t *closed = SUMS(s, closed, CLOSE_REASONS, close_word);
	int64_t restarts = 0, ended = 0, accepted;
	const char *word;
	json_t *count;

	json_object_foreach(closed, word, count) ended += json_integer_value(count);
	atomic_thread_fence(memory_order_acquire);
	accepted = STATS_SUM(s, accepted);
	for (unsigned i = 0; i < m->n_workers; i++)
		restarts += m->workers[i].restarts;
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", //
			 "accepted", (json_int_t)accepted,				      //
			 "active", (json_int_t)(accepted - ended),			      //
			 "closed", closed,						      //
			 "rejected", SUMS(s, rejected, REJECT_REASONS, reject_word),	      //
			 "accept_errors", SUMS(s, accept_errors, ACCEPT_ERRORS, accept_word), //
			 "received_bytes", (json_int_t)STATS_SUM(s, received_bytes),	      //
			 "sent_bytes", (json_int_t)STATS_SUM(s, sent_bytes),		      //
			 "datagrams_received", (json_int_t)STATS_SUM(s, datagrams_received),  //
			 "datagrams_sent", (json_int_t)STATS_SUM(s, datagrams_sent),	      //
			 "datagrams_dropped",
			 SUMS(s, datagrams_dropped, DROP_REASONS, drop_word),		     //
			 "pending_bytes", (json_int_t)STATS_SUM(s, pending_bytes),	     //
			 "paused_connections", (json_int_t)STATS_SUM(s, paused_connections), //
			 "worker_restarts", (json_int_t)restarts);
}

static json_t *control_side(const struct master *m)
{
	const struct control_counts counts = control_server_counts(m->control);

	return json_pack("{s:I, s:I, s:I}", "clients", (json_int_t)counts.clients, "dropped",
			 (json_int_t)counts.dropped, "malformed", (json_int_t)counts.malformed);
}

static json_t *http_side(const struct master *m)
{
	const struct http_counts *counts = &m->http_counts;

	return json_pack("{s:I, s:I, s:I, s:I, s:I}",				  //
			 "clients", (json_int_t)http_count_clients(m->site.http), //
			 "accepted", (json_int_t)counts->accepted,		  //
			 "rejected", (json_int_t)counts->rejected,		  //
			 "timed_out", (json_int_t)counts->timed_out,		  //
			 "accept_errors", (json_int_t)counts->accept_errors);
}

json_t *handlers_status(const struct master *m)
{
	char url[SITE_TEXT_SIZE];

	return json_pack("{s:s, s:i, s:s, s:I, s:I, s:s, s:s?, s:I, s:o, s:s, s:s, s:s, s:s?, s:o, "
			 "s:o, s:o, s:o, s:o, s:o, s:o, s:o}",				//
			 "version", PACKAGE_VERSION,					//
			 "pid", (int)getpid(),						//
			 "state", master_state_name(m->state),				//
			 "start_time_s", (json_int_t)m->start_time_s,			//
			 "uptime_s", (json_int_t)(clock_now_ms() - m->start_ms) / 1000, //
			 "selector", selector_name(m->selector),			//
			 "config_file", m->config.file,					//
			 "config_generation", (json_int_t)m->generation,		//
			 "last_reload", handlers_last_reload(m),			//
			 "user", m->privileges.user,					//
			 "control_socket", m->control_path,				//
			 "pid_file", m->pid_path,					//
			 "metrics_url", site_url(&m->site, url),			//
			 "log", handlers_log_row(m),					//
			 "workers", worker_rows(m),					//
			 "listeners", listener_rows(m),					//
			 "drain", handlers_drain_row(m),				//
			 "totals", totals(m),						//
			 "control", control_side(m),					//
			 "http", http_side(m),						//
			 "loop_limits_us", turn_limits());
}
