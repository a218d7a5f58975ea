/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * lifecycle.c: the order of start and end. The table of steps is the order; the end walks it back
 * from wherever the start came to. A step that fails has undone what it did itself and says why; the
 * reason reaches standard error also when the daemon is in the background by then.
 */
#include "src/echod/lifecycle.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/log.h"
#include "src/echod/affinity.h"
#include "src/echod/control_socket.h"
#include "src/echod/limits.h"
#include "src/echod/log_setup.h"
#include "src/echod/master.h"
#include "src/echod/places.h"
#include "src/echod/rundir.h"
#include "src/echod/transcript.h"
#include "src/echod/why.h"

/* One step: start returns 0, or the exit code with the reason written to why. */
struct step {
	int (*start)(struct master *m, FILE *why);
	void (*end)(struct master *m); /* may be NULL */
};

static int fail(FILE *why, int error, const char *what)
{
	fprintf(why, "%s: %s", what, strerror(-error));
	return EXIT_STARTED_NOT;
}

/* ---- The steps ---- */

static int load(const struct options *options, struct config *ret_config, FILE *why)
{
	struct config_errors errors = { 0 };
	const int r = options_load(options, ret_config, &errors);

	if (r < 0 && errors.length == 0)
		fprintf(why, "configuration: %s", strerror(-r));
	config_errors_print(&errors, why);
	config_errors_fini(&errors);
	return r < 0 ? EXIT_CONFIG : 0;
}

static int start_config(struct master *m, FILE *why)
{
	const int code = load(m->options, &m->config, why);

	m->generation = 1;
	/* A HOST that has no address now may have one later: no file is to be mended. */
	return code && m->options->host ? EXIT_STARTED_NOT : code;
}

static void end_config(struct master *m)
{
	config_fini(&m->config);
}

static int start_identity(struct master *m, FILE *why)
{
	if (identity_find(&m->config, &m->privileges, &m->identity_note) < 0) {
		fputs(m->identity_note.why.text, why);
		return EXIT_STARTED_NOT;
	}
	return 0;
}

static void end_identity(struct master *m)
{
	privileges_fini(&m->privileges);
}

static int start_places(struct master *m, FILE *why)
{
	const int r = places_find(&m->config, &m->pid_path, &m->control_path);

	return r < 0 ? fail(why, r, "cannot name the run-time files") : 0;
}

static void end_places(struct master *m)
{
	free(TAKE_PTR(m->pid_path));
	free(TAKE_PTR(m->control_path));
}

static int start_background(struct master *m, FILE *why)
{
	int r = 0;

	if (m->options->daemon)
		r = daemonize_begin(&m->daemonize);
	return r < 0 ? fail(why, r, "cannot go into the background") : 0;
}

static int start_signals(struct master *m, FILE *why)
{
	const int r = signals_open(&m->signals);

	return r < 0 ? fail(why, r, "cannot catch signals") : 0;
}

static void end_signals(struct master *m)
{
	signals_close(TAKE_PTR(m->signals));
}

static int start_log(struct master *m, FILE *why)
{
	struct why reason = { .text = "" };
	uint64_t files;

	if (log_setup(&m->config, &m->privileges, m->options->daemon, &reason) < 0) {
		fputs(reason.text, why);
		return EXIT_STARTED_NOT;
	}
	if (m->identity_note.why.text[0])
		log_message(m->identity_note.level, "master", "%s", m->identity_note.why.text);
	if (limits_raise_files(&files) < 0)
		log_warning("master", "the limit of open files cannot be raised and stays at %llu",
			    (unsigned long long)files);
	return 0;
}

static void end_log(struct master *m)
{
	(void)m;
	log_flush();
	log_close();
}

static int start_pidfile(struct master *m, FILE *why)
{
	struct why reason = { .text = "" };
	pid_t running = 0;
	int r = places_make(&m->config, &m->privileges, &reason);

	if (r < 0) {
		fputs(reason.text, why);
		return EXIT_STARTED_NOT;
	}
	r = pidfile_open(m->pid_path, &m->pidfile, &running);
	if (r == -EBUSY) {
		fprintf(why, "already running with pid %d (%s is locked)", (int)running,
			m->pid_path);
		return EXIT_STARTED_NOT;
	}
	if (r >= 0)
		r = pidfile_write(m->pidfile, getpid());
	if (r < 0)
		pidfile_close(TAKE_PTR(m->pidfile));
	return r < 0 ? fail(why, r, m->pid_path) : 0;
}

static void end_pidfile(struct master *m)
{
	pidfile_close(TAKE_PTR(m->pidfile));
}

static int start_loop(struct master *m, FILE *why)
{
	const int r = selector_open(m->config.selector, &m->selector);
	int code;

	if (r < 0)
		return fail(why, r, "cannot open the selector");
	code = master_watch_signals(m, why);
	if (code != 0)
		m->selector = selector_close(m->selector);
	return code;
}

static void end_loop(struct master *m)
{
	m->selector = selector_close(m->selector);
}

static int start_control(struct master *m, FILE *why)
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
	return r < 0 ? fail(why, r, "cannot serve the control socket") : 0;
}

static void end_control(struct master *m)
{
	control_server_flush(m->control);
	m->control = control_server_free(m->control);
	unlink(m->control_path);
}

static int start_endpoints(struct master *m, FILE *why)
{
	const unsigned n_slots = m->config.workers ? (unsigned)m->config.workers : affinity_cpus();
	struct config_errors errors = { 0 };
	int r = supervise_init(m, n_slots);

	if (r >= 0)
		r = endpoints_open(&m->config, n_slots, NULL, NULL, NULL, &m->endpoints, &errors);
	if (r < 0 && errors.length == 0)
		fail(why, r, "cannot listen");
	config_errors_print(&errors, why);
	config_errors_fini(&errors);
	if (r < 0)
		supervise_fini(m);
	else if (m->privileges.change)
		endpoints_give(&m->endpoints, m->privileges.uid);
	return r < 0 ? EXIT_STARTED_NOT : 0;
}

static void end_endpoints(struct master *m)
{
	endpoints_close(&m->endpoints, true);
	reload_fini(m);
	supervise_fini(m);
}

static int start_shared(struct master *m, FILE *why)
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
	return r < 0 ? fail(why, r, "cannot map shared memory") : 0;
}

static void end_shared(struct master *m)
{
	guard_map_close(&m->guard);
	ledger_close(&m->ledger);
	m->stats = stats_unmap(m->stats);
}

static int start_site(struct master *m, FILE *why)
{
	struct config_errors errors = { 0 };
	const int r = site_open(m, &m->config, &m->site, &errors);

	config_errors_print(&errors, why);
	config_errors_fini(&errors);
	return r < 0 ? EXIT_STARTED_NOT : 0;
}

static void end_site(struct master *m)
{
	site_close(&m->site);
}

static int start_workers(struct master *m, FILE *why)
{
	const int r = supervise_start(m);

	if (r < 0)
		supervise_end(m);
	return r < 0 ? fail(why, r, "cannot start a worker") : 0;
}

static void end_workers(struct master *m)
{
	supervise_end(m);
}

/* A reload may have to bind such a port. */
static bool needs_low_port(const struct config *config)
{
	struct net_address site;

	for (size_t i = 0; i < config->n_listeners; i++)
		if (config->listeners[i].port > 0 && config->listeners[i].port < 1024)
			return true;
	if (net_parse_with_port(config->metrics_listen, &site) < 0)
		return false;
	return net_port(&site) > 0 && net_port(&site) < 1024;
}

static int start_privileges(struct master *m, FILE *why)
{
	struct why reason = { .text = "" };

	if (privileges_drop(&m->privileges, needs_low_port(&m->config), &reason) >= 0) {
		/* A worker forked later is that user already, and has only capabilities to lose. */
		m->privileges.change = false;
		return 0;
	}
	fputs(reason.text, why);
	return EXIT_STARTED_NOT;
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

static int start_ready(struct master *m, FILE *why)
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

static const struct step steps[] = {
	{ start_config, end_config },	    /* what is asked for */
	{ start_identity, end_identity },   /* whom to become */
	{ start_places, end_places },	    /* absolute paths, before chdir */
	{ start_background, NULL },	    /* fork, setsid, fork */
	{ start_signals, end_signals },	    /* from here they wait for the loop */
	{ start_log, end_log },		    /* as the new user, where it is a file */
	{ start_pidfile, end_pidfile },	    /* only one of us */
	{ start_loop, end_loop },	    /* the selector */
	{ start_control, end_control },	    /* bound while we may */
	{ start_endpoints, end_endpoints }, /* bound while we may */
	{ start_shared, end_shared },	    /* shared with all workers */
	{ start_site, end_site },	    /* bound while we may */
	{ start_workers, end_workers },	    /* who drop privileges themselves */
	{ start_privileges, NULL },	    /* for good */
	{ start_ready, NULL },		    /* every worker has reported */
};

/* ---- The walk ---- */

static void end_from(struct master *m, size_t n)
{
	while (n-- > 0)
		if (steps[n].end)
			steps[n].end(m);
}

static int start_all(struct master *m, size_t *ret_n)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	FILE *why = open_memstream(&text, &length);
	int code = 0;

	*ret_n = 0;
	if (!why)
		return daemonize_fail(&m->daemonize, EXIT_STARTED_NOT, "echod: %s",
				      strerror(errno));
	for (size_t i = 0; i < ARRAY_LENGTH(steps) && code == 0; i++) {
		code = steps[i].start(m, why);
		if (code == 0)
			*ret_n = i + 1;
	}
	if (fclose(why) != 0 && code == 0)
		code = EXIT_STARTED_NOT;
	if (code != 0)
		daemonize_fail(&m->daemonize, code, "echod: %s", text ? text : strerror(ENOMEM));
	return code;
}

int lifecycle_run(const struct options *options)
{
	struct master m = { .options = options,
			    .daemonize = DAEMONIZE_FOREGROUND,
			    .kill_ms = INT64_MAX,
			    .log_level_ms = INT64_MAX,
			    .drain = { .until_ms = INT64_MAX },
			    .watchdog = { .due_ms = INT64_MAX },
			    .start_ms = clock_now_ms(),
			    .start_time_s = clock_real_s(),
			    .config_time_s = clock_real_s() };
	size_t n;
	int code;

	page_rates_init(&m.rates, m.start_ms);
	if (options->transcript)
		transcript_begin();
	code = start_all(&m, &n);
	if (code == 0)
		code = master_loop(&m) < 0 ? EXIT_STARTED_NOT : 0;
	end_from(&m, n);
	return code;
}

int lifecycle_check(const struct options *options)
{
	struct config config;
	const int code = load(options, &config, stderr);

	if (code == 0)
		config_fini(&config);
	return code;
}
