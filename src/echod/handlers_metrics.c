/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_metrics.c: the daemon's numbers in Prometheus' text form, made from the answer of GetStatus,
 * so that the two never differ; only what the processes use is asked for here. Nothing is reset by
 * reading, and no peer names a label.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "build.h"
#include "echod/attr.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"
#include "src/echod/process_usage.h"

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP echod_%s %s\n# TYPE echod_%s %s\n", name, help, name, type);
}

/* A metric without labels. */
static void single(FILE *out, const char *name, const char *type, const char *help, int64_t value)
{
	head(out, name, type, help);
	fprintf(out, "echod_%s %lld\n", name, (long long)value);
}

/* The value of a label, with what the form wants escaped. */
static void label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

/* ---- About the daemon ---- */

static void build_info(const struct master *m, FILE *out)
{
	head(out, "build_info", "gauge", "What runs; always 1.");
	fputs("echod_build_info{", out);
	label(out, "version", PACKAGE_VERSION);
	fputc(',', out);
	label(out, "revision", ECHOD_REVISION);
	fputc(',', out);
	label(out, "backend", selector_name(m->selector));
	fputc(',', out);
	label(out, "systemd", ECHOD_LIBSYSTEMD);
	fputs("} 1\n", out);
}

static void process_metric(FILE *out, const char *name, const char *type, const char *help,
			   double value)
{
	fprintf(out, "# HELP process_%s %s\n# TYPE process_%s %s\nprocess_%s %.15g\n", name, help,
		name, type, name, value);
}

/* The master and its workers are one service: sums over all of them. */
static void processes(const struct master *m, FILE *out)
{
	struct process_usage usage = process_usage_own();
	struct rlimit files = { .rlim_cur = 0 };
	unsigned count = 1;

	for (unsigned i = 0; i < m->n_workers; i++) {
		if (m->workers[i].pid == 0)
			continue;
		process_usage_add(m->workers[i].pid, &usage);
		count++;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	process_metric(out, "cpu_seconds_total", "counter",
		       "CPU time of master and workers, past ones included, in seconds.",
		       usage.cpu_seconds);
	process_metric(out, "resident_memory_bytes", "gauge",
		       "Resident memory of master and workers, in bytes.",
		       (double)usage.resident_bytes);
	process_metric(out, "open_fds", "gauge", "Open descriptors of master and workers.",
		       (double)usage.open_fds);
	process_metric(out, "max_fds", "gauge", "Descriptors that they may open, in all.",
		       (double)files.rlim_cur * count);
	process_metric(out, "start_time_seconds", "gauge",
		       "When the daemon started, in seconds since 1970.", (double)m->start_time_s);
}

/* ---- By listener ---- */

static const char *text_of(const json_t *row, const char *field)
{
	return json_string_value(json_object_get(row, field));
}

/* Endpoints of one listener and transport share their labels, and so their number. */
static bool same_labels(const json_t *a, const json_t *b)
{
	return strcmp(text_of(a, "name"), text_of(b, "name")) == 0 &&
	       strcmp(text_of(a, "transport"), text_of(b, "transport")) == 0;
}

static bool is_first(const json_t *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_labels(json_array_get(rows, i), json_array_get(rows, n)))
			return false;
	return true;
}

static int64_t sum_alike(const json_t *rows, const json_t *one, const char *field)
{
	int64_t sum = 0;
	size_t i;
	json_t *other;

	json_array_foreach(rows, i, other) if (same_labels(one, other)) sum +=
	    json_integer_value(json_object_get(other, field));
	return sum;
}

static void by_listener(const json_t *rows, FILE *out, const char *name, const char *field)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		if (!is_first(rows, i))
			continue;
		fprintf(out, "echod_%s{", name);
		label(out, "listener", text_of(row, "name"));
		fputc(',', out);
		label(out, "service", text_of(row, "service"));
		fputc(',', out);
		label(out, "transport", text_of(row, "transport"));
		fprintf(out, "} %lld\n", (long long)sum_alike(rows, row, field));
	}
}

static void connections(const json_t *rows, FILE *out)
{
	head(out, "connections_accepted_total", "counter", "Connections that were accepted.");
	by_listener(rows, out, "connections_accepted_total", "accepted");
	head(out, "connections_active", "gauge", "Connections that are open.");
	by_listener(rows, out, "connections_active", "active");
}

/* ---- Totals ---- */

static void by_word(const json_t *totals, FILE *out, const char *name, const char *field,
		    const char *label_name, const char *help)
{
	json_t *counts = json_object_get(totals, field), *count;
	const char *word;

	head(out, name, "counter", help);
	json_object_foreach(counts, word, count)
	{
		fprintf(out, "echod_%s{", name);
		label(out, label_name, word);
		fprintf(out, "} %lld\n", (long long)json_integer_value(count));
	}
}

static void by_reason(const json_t *totals, FILE *out)
{
	by_word(totals, out, "connections_closed_total", "closed", "reason",
		"Connections that have ended.");
	by_word(totals, out, "connections_rejected_total", "rejected", "reason",
		"Connections that were refused before they were served.");
	by_word(totals, out, "accept_errors_total", "accept_errors", "errno",
		"Errors of accept().");
	by_word(totals, out, "datagrams_dropped_total", "datagrams_dropped", "reason",
		"Datagrams that were not answered.");
}

static void sums(const json_t *totals, FILE *out)
{
	static const struct {
		const char *name, *field, *type, *help;
	} rows[] = {
		{ "received_bytes_total", "received_bytes", "counter", "Bytes received." },
		{ "sent_bytes_total", "sent_bytes", "counter", "Bytes sent." },
		{ "datagrams_received_total", "datagrams_received", "counter",
		  "Datagrams received." },
		{ "datagrams_sent_total", "datagrams_sent", "counter", "Datagrams sent." },
		{ "pending_bytes", "pending_bytes", "gauge",
		  "Bytes kept for connections: unsent, or of requests that are not whole." },
		{ "paused_connections", "paused_connections", "gauge",
		  "Connections that are not read until their peer takes what it has coming." },
		{ "worker_restarts_total", "worker_restarts", "counter",
		  "Workers that died and were replaced." },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		single(out, rows[i].name, rows[i].type, rows[i].help,
		       json_integer_value(json_object_get(totals, rows[i].field)));
}

/* ---- The HTTP side ---- */

static void http(const json_t *side, FILE *out)
{
	single(out, "http_clients", "gauge", "HTTP clients that are connected.",
	       json_integer_value(json_object_get(side, "clients")));
	single(out, "http_clients_accepted_total", "counter", "HTTP clients that were accepted.",
	       json_integer_value(json_object_get(side, "accepted")));
	single(out, "http_clients_rejected_total", "counter",
	       "HTTP clients that were closed at once, as too many of one address.",
	       json_integer_value(json_object_get(side, "rejected")));
	single(out, "http_clients_timed_out_total", "counter",
	       "HTTP clients that were ended because their time was over.",
	       json_integer_value(json_object_get(side, "timed_out")));
	single(out, "http_accept_errors_total", "counter",
	       "HTTP clients that could not be accepted.",
	       json_integer_value(json_object_get(side, "accept_errors")));
}

/* ---- The loops ---- */

static int64_t turns_of(const json_t *workers, size_t kind)
{
	int64_t sum = 0;
	size_t i;
	json_t *row;

	json_array_foreach(workers, i, row) sum +=
	    json_integer_value(json_array_get(json_object_get(row, "loop_turns"), kind));
	return sum;
}

static int64_t sum_of(const json_t *workers, const char *field)
{
	int64_t sum = 0;
	size_t i;
	json_t *row;

	json_array_foreach(workers, i, row) sum += json_integer_value(json_object_get(row, field));
	return sum;
}

static void loops(const json_t *workers, FILE *out)
{
	static const char name[] = "loop_turn_seconds";
	int64_t count = 0;

	head(out, name, "histogram",
	     "How long turns of the workers' loops took, from waking to waiting again.");
	for (size_t i = 0; i < ARRAY_LENGTH(stats_turn_limits_us); i++) {
		count += turns_of(workers, i);
		fprintf(out, "echod_%s_bucket{le=\"%g\"} %lld\n", name,
			(double)stats_turn_limits_us[i] / 1e6, (long long)count);
	}
	count += turns_of(workers, STATS_TURNS - 1);
	fprintf(out, "echod_%s_bucket{le=\"+Inf\"} %lld\n", name, (long long)count);
	fprintf(out, "echod_%s_sum %.6f\n", name, (double)sum_of(workers, "loop_busy_us") / 1e6);
	fprintf(out, "echod_%s_count %lld\n", name, (long long)count);
}

/* ---- State ---- */

static void state(const struct master *m, FILE *out)
{
	single(out, "ready", "gauge", "1 while new connections are served.",
	       m->state == MASTER_RUNNING);
	single(out, "draining", "gauge", "1 while it drains, has drained or stops.",
	       m->state > MASTER_RUNNING);
}

/* Before the first reload the start counts as one that succeeded. */
static void reloads(const struct master *m, const json_t *status, FILE *out)
{
	const json_t *last = json_object_get(status, "last_reload");

	single(out, "config_last_reload_successful", "gauge",
	       "1 unless the last reload has failed.", !json_is_false(json_object_get(last, "ok")));
	single(out, "config_last_reload_success_timestamp_seconds", "gauge",
	       "When the configuration in force was read, in seconds since 1970.",
	       m->config_time_s);
}

char *handlers_metrics(const struct master *m)
{
	json_t *status = handlers_status(m);
	char *text = NULL;
	size_t size;
	FILE *out = status ? open_memstream(&text, &size) : NULL;

	if (out) {
		build_info(m, out);
		processes(m, out);
		connections(json_object_get(status, "listeners"), out);
		by_reason(json_object_get(status, "totals"), out);
		sums(json_object_get(status, "totals"), out);
		http(json_object_get(status, "http"), out);
		loops(json_object_get(status, "workers"), out);
		state(m, out);
		reloads(m, status, out);
	}
	json_decref(status);
	if (out && fclose(out) != 0)
		free(TAKE_PTR(text));
	return text;
}
