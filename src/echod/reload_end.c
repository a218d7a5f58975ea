/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reload_end.c: how a reload ended, for everybody who wants to know: the log, the status, those who
 * asked for it, and the service manager.
 */
#include <stdio.h>
#include <stdlib.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/log.h"
#include "src/echod/master.h"
#include "src/echod/reload.h"

static void log_mistakes(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->length; i++) {
		const struct config_error *e = &errors->items[i];

		if (e->file && e->line > 0)
			log_error("config", "%s:%d: %s", e->file, e->line, e->message);
		else
			log_error("config", "%s%s%s", e->file ? e->file : "", e->file ? ": " : "",
				  e->message);
	}
}

static void log_success(const struct master *m)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (stream) {
		reload_difference_print(&m->reload.result.difference, stream);
		fclose(stream);
	}
	log_notice("master", "reloaded, generation %lld: %s", (long long)m->generation,
		   text ? text : "");
}

/* The first mistake stands for all in the status. */
static void summarize(struct reload_result *result)
{
	const struct config_errors *errors = &result->errors;
	const struct config_error *first = errors->items;
	char more[64] = "", line[32] = "";

	if (errors->length == 0)
		return;
	if (errors->length > 1)
		snprintf(more, sizeof(more), " (and %zu more)", errors->length - 1);
	if (first->line > 0)
		snprintf(line, sizeof(line), ":%d", first->line);
	why_set(&result->why, 0, "%s%s%s%s%s", first->file ? first->file : "", line,
		first->file ? ": " : "", first->message, more);
}

void reload_conclude(struct master *m)
{
	struct reload *r = &m->reload;

	r->phase = RELOAD_IDLE;
	log_mistakes(&r->result.errors);
	summarize(&r->result);
	if (r->result.ok)
		log_success(m);
	else
		log_error("master", "reload failed, nothing has changed: %s", r->result.why.text);
	r->last = (struct reload_last){ .time_s = clock_real_s(),
					.ok = r->result.ok,
					.why = r->result.why };
	events_reload(m, r->result.ok, r->result.why.text);
	reload_callers_tell(m, &r->result);
	reload_difference_fini(&r->result.difference);
	config_errors_fini(&r->result.errors);
	master_tell_ready(m);
}
