/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * status_line.c: see status_line.h. A number of connections would be old as soon as it is read, and
 * is not there.
 */
#include "src/echod/status_line.h"

#include <stdio.h>
#include <string.h>

#include "src/echod/master.h"

enum {
	MORE_SIZE = 32 /* for ", and 250 more" */
};

static void append_workers(const struct master *m, char text[static STATUS_LINE_SIZE])
{
	const unsigned running = supervise_count_running(m);
	const size_t used = strlen(text);

	if (running == m->n_workers)
		snprintf(text + used, STATUS_LINE_SIZE - used, ": %u worker%s", running,
			 running == 1 ? "" : "s");
	else
		snprintf(text + used, STATUS_LINE_SIZE - used, ": %u of %u workers", running,
			 m->n_workers);
}

static void append_endpoints(const struct master *m, char text[static STATUS_LINE_SIZE])
{
	size_t used = strlen(text);

	for (size_t i = 0; i < m->endpoints.length; i++) {
		char endpoint[ENDPOINT_TEXT_SIZE];
		const char *before = i == 0 ? "; " : ", ";

		endpoint_format(m->endpoints.items[i].sockets, endpoint);
		if (used + strlen(before) + strlen(endpoint) + MORE_SIZE > STATUS_LINE_SIZE) {
			snprintf(text + used, STATUS_LINE_SIZE - used, ", and %zu more",
				 m->endpoints.length - i);
			return;
		}
		used += (size_t)snprintf(text + used, STATUS_LINE_SIZE - used, "%s%s", before,
					 endpoint);
	}
}

const char *status_line(const struct master *m, char text[static STATUS_LINE_SIZE])
{
	snprintf(text, STATUS_LINE_SIZE, "%s", master_state_name(m->state));
	append_workers(m, text);
	if (m->state != MASTER_STOPPING)
		append_endpoints(m, text);
	return text;
}
