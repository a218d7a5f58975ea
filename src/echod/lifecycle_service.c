/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * lifecycle_service.c: the steps by which the daemon comes to serve: its loop, its control socket, its
 * endpoints, its workers, and the word that all is ready.
 */
#include "src/echod/lifecycle_steps.h"

#include <unistd.h>

#include "echod/log.h"
#include "src/echod/affinity.h"
#include "src/echod/control_socket.h"
#include "src/echod/lifecycle.h"
#include "src/echod/limits.h"
#include "src/echod/master.h"
#include "src/echod/transcript.h"
#include "src/echod/why.h"

int lifecycle_start_loop(struct master *m, FILE *why)
{
	const int r = selector_open(m->config.selector, &m->selector);
	int code;

	if (r < 0)
		return lifecycle_fail(why, r, "cannot open the selector");
	code = master_watch_signals(m, why);
	if (code != 0)
		m->selector = selector_close(m->selector);
	return code;
}

void lifecycle_end_loop(struct master *m)
{
	m->selector = selector_close(m->selector);
}

int lifecycle_start_control(struct master *m, FILE *why)
{
	struct why reason = { .text = "" };
	int fd;
	int r = control_socket_bind(m->control_path, &m->config, &m->privileges, &fd, &reason);

	if (r < 0) {
		fputs(reason.text, why);
		return EXIT_STARTED_NOT;
	}
	r = handlers_open(m, fd);
	if (r < 0) {
		m->control = control_server_free(m->control);
		unlink(m->control_path);
	}
	return r < 0 ? lifecycle_fail(why, r, "cannot serve the control socket") : 0;
}

void lifecycle_end_control(struct master *m)
{
	control_server_flush(m->control);
	m->control = control_server_free(m->control);
	unlink(m->control_path);
}

int lifecycle_start_endpoints(struct master *m, FILE *why)
{
	const unsigned n_slots = m->config.workers ? (unsigned)m->config.workers : affinity_cpus();
	struct config_errors errors = { 0 };
	int r = supervise_init(m, n_slots);

	if (r >= 0)
		r = endpoints_open(&m->config, n_slots, NULL, NULL, NULL, &m->endpoints, &errors);
	if (r < 0 && errors.length == 0)
		lifecycle_fail(why, r, "cannot listen");
	config_errors_print(&errors, why);
	config_errors_fini(&errors);
	if (r < 0)
		supervise_fini(m);
	else if (m->privileges.change)
		endpoints_give(&m->endpoints, m->privileges.uid);
	return r < 0 ? EXIT_STARTED_NOT : 0;
}

void lifecycle_end_endpoints(struct master *m)
{
	endpoints_close(&m->endpoints, true);
	reload_fini(m);
	supervise_fini(m);
}

int lifecycle_start_shared(struct master *m, FILE *why)
{
	int r = stats_map(m->n_workers, &m->stats);

	if (r >= 0)
		r = ledger_open(&m->ledger, m->stats, &m->endpoints);
	if (r >= 0)
		r = guard_map_open(m->n_workers, (size_t)limits_files(), &m->guard);
	if (r < 0)
		ledger_close(&m->ledger);
	if (r < 0)
		m->stats = stats_unmap(m->stats);
	return r < 0 ? lifecycle_fail(why, r, "cannot map shared memory") : 0;
}

void lifecycle_end_shared(struct master *m)
{
	guard_map_close(&m->guard);
	ledger_close(&m->ledger);
	m->stats = stats_unmap(m->stats);
}

int lifecycle_start_site(struct master *m, FILE *why)
{
	struct config_errors errors = { 0 };
	const int r = site_open(m, &m->config, &m->site, &errors);

	config_errors_print(&errors, why);
	config_errors_fini(&errors);
	return r < 0 ? EXIT_STARTED_NOT : 0;
}

void lifecycle_end_site(struct master *m)
{
	site_close(&m->site);
}

int lifecycle_start_workers(struct master *m, FILE *why)
{
	const int r = supervise_start(m);

	if (r < 0)
		supervise_end(m);
	return r < 0 ? lifecycle_fail(why, r, "cannot start a worker") : 0;
}

void lifecycle_end_workers(struct master *m)
{
	supervise_end(m);
}

static void say_listening(const struct master *m)
{
	for (size_t i = 0; i < m->endpoints.length; i++) {
		const struct endpoint *endpoint = &m->endpoints.items[i];
		char text[ENDPOINT_TEXT_SIZE];

		endpoint_format(endpoint->sockets, text);
		if (m->options->transcript)
			transcript_listening(&endpoint->sockets->address);
		else if (m->options->daemon)
			log_info("master", "listening on %s %s", text, endpoint->listener->name);
		else
			printf("listening on %s %s\n", text, endpoint->listener->name);
	}
	site_say(&m->site, m->options);
	fflush(stdout);
}

int lifecycle_start_ready(struct master *m, FILE *why)
{
	if (master_wait_for_workers(m) < 0) {
		fputs("a worker could not start; the log says why", why);
		return EXIT_STARTED_NOT;
	}
	if (m->state == MASTER_STOPPING)
		return 0; /* before it was ready: there is nothing to say */
	say_listening(m);
	log_notice("master", "echod is ready: %u workers, %s", m->n_workers,
		   selector_name(m->selector));
	daemonize_ready(&m->daemonize);
	master_tell_ready(m);
	watchdog_start(m);
	return 0;
}
