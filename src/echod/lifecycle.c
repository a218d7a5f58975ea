/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * lifecycle.c: the order of start and end. The table of steps is the order; the end walks it back
 * from wherever the start came to. The reason of a step that fails reaches standard error also when the
 * daemon is in the background by then.
 */
#include "src/echod/lifecycle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "src/echod/lifecycle_steps.h"
#include "src/echod/master.h"
#include "src/echod/transcript.h"

/* One step: start returns 0, or the exit code with the reason written to why. */
struct step {
	int (*start)(struct master *m, FILE *why);
	void (*end)(struct master *m); /* may be NULL */
};

static const struct step steps[] = {
	{ lifecycle_start_config, lifecycle_end_config },     /* what is asked for */
	{ lifecycle_start_identity, lifecycle_end_identity }, /* whom to become */
	{ lifecycle_start_places, lifecycle_end_places },     /* absolute paths, before chdir */
	{ lifecycle_start_background, NULL },		      /* fork, setsid, fork */
	{ lifecycle_start_signals, lifecycle_end_signals },   /* from here they wait for the loop */
	{ lifecycle_start_log, lifecycle_end_log }, /* as the new user, where it is a file */
	{ lifecycle_start_pidfile, lifecycle_end_pidfile },	/* only one of us */
	{ lifecycle_start_loop, lifecycle_end_loop },		/* the selector */
	{ lifecycle_start_control, lifecycle_end_control },	/* bound while we may */
	{ lifecycle_start_endpoints, lifecycle_end_endpoints }, /* bound while we may */
	{ lifecycle_start_shared, lifecycle_end_shared },	/* shared with all workers */
	{ lifecycle_start_site, lifecycle_end_site },		/* bound while we may */
	{ lifecycle_start_workers, lifecycle_end_workers },	/* who drop privileges themselves */
	{ lifecycle_start_privileges, NULL },			/* for good */
	{ lifecycle_start_ready, NULL },			/* every worker has reported */
};

/* ---- The walk ---- */

int lifecycle_fail(FILE *why, int error, const char *what)
{
	fprintf(why, "%s: %s", what, strerror(-error));
	return EXIT_STARTED_NOT;
}

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
	const int code = lifecycle_load(options, &config, stderr);

	if (code == 0)
		config_fini(&config);
	return code;
}
