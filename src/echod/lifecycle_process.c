/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * lifecycle_process.c: the steps by which the process becomes what it is to be: its configuration, its
 * user, its files, its signals, its log.
 */
#include "src/echod/lifecycle_steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "src/echod/lifecycle.h"
#include "src/echod/limits.h"
#include "src/echod/log_setup.h"
#include "src/echod/master.h"
#include "src/echod/places.h"
#include "src/echod/why.h"

int lifecycle_load(const struct options *options, struct config *ret_config, FILE *why)
{
	struct config_errors errors = { 0 };
	const int r = options_load(options, ret_config, &errors);

	if (r < 0 && errors.length == 0)
		fprintf(why, "configuration: %s", strerror(-r));
	config_errors_print(&errors, why);
	config_errors_fini(&errors);
	return r < 0 ? EXIT_CONFIG : 0;
}

int lifecycle_start_config(struct master *m, FILE *why)
{
	const int code = lifecycle_load(m->options, &m->config, why);

	m->generation = 1;
	/* A HOST that has no address now may have one later: no file is to be mended. */
	return code && m->options->host ? EXIT_STARTED_NOT : code;
}

void lifecycle_end_config(struct master *m)
{
	config_fini(&m->config);
}

int lifecycle_start_identity(struct master *m, FILE *why)
{
	if (identity_find(&m->config, &m->privileges, &m->identity_note) < 0) {
		fputs(m->identity_note.why.text, why);
		return EXIT_STARTED_NOT;
	}
	return 0;
}

void lifecycle_end_identity(struct master *m)
{
	privileges_fini(&m->privileges);
}

int lifecycle_start_places(struct master *m, FILE *why)
{
	const int r = places_find(&m->config, &m->pid_path, &m->control_path);

	return r < 0 ? lifecycle_fail(why, r, "cannot name the run-time files") : 0;
}

void lifecycle_end_places(struct master *m)
{
	free(TAKE_PTR(m->pid_path));
	free(TAKE_PTR(m->control_path));
}

int lifecycle_start_background(struct master *m, FILE *why)
{
	int r = 0;

	if (m->options->daemon)
		r = daemonize_begin(&m->daemonize);
	return r < 0 ? lifecycle_fail(why, r, "cannot go into the background") : 0;
}

int lifecycle_start_signals(struct master *m, FILE *why)
{
	const int r = signals_open(&m->signals);

	return r < 0 ? lifecycle_fail(why, r, "cannot catch signals") : 0;
}

void lifecycle_end_signals(struct master *m)
{
	signals_close(TAKE_PTR(m->signals));
}

int lifecycle_start_log(struct master *m, FILE *why)
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

void lifecycle_end_log(struct master *m)
{
	(void)m;
	log_flush();
	log_close();
}

int lifecycle_start_pidfile(struct master *m, FILE *why)
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
	return r < 0 ? lifecycle_fail(why, r, m->pid_path) : 0;
}

void lifecycle_end_pidfile(struct master *m)
{
	pidfile_close(TAKE_PTR(m->pidfile));
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

int lifecycle_start_privileges(struct master *m, FILE *why)
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
