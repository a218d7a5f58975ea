/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_log.c: opening log files again after a rotation, in the master and in every worker. A
 * process that cannot goes on with the file it has; a worker that dies meanwhile is no failure, its
 * successor inherits what the master opened.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/control.h"
#include "echod/log.h"
#include "src/echod/master.h"

/* One reopening: lives until every worker has answered. */
struct reopening {
	struct control_call *call; /* NULL: asked for by a signal, or its client has gone */
	unsigned outstanding;	   /* answers that are to come, and one for the start itself */
	char why[256];		   /* the first failure, or "" */
};

static void failed(struct reopening *r, const char *who, const char *why)
{
	log_error("master", "%s cannot open its log again: %s", who, why);
	if (!r->why[0])
		snprintf(r->why, sizeof(r->why), "%s: %s", who, why);
}

static void finish(struct reopening *r)
{
	if (--r->outstanding > 0)
		return;
	if (r->call && r->why[0])
		control_error(r->call, CONTROL_INTERFACE ".ReopenFailed",
			      json_pack("{s:s}", "message", r->why));
	else if (r->call)
		control_reply(r->call, NULL);
	free(r);
}

static void reopened(const json_t *reply, int error, bool final, void *user)
{
	struct reopening *r = user;
	const json_t *parameters = json_object_get(reply, "parameters");
	const char *message = json_string_value(json_object_get(parameters, "message"));

	(void) final;
	if (error && error != -ECONNRESET)
		failed(r, "a worker", strerror(-error));
	else if (json_object_get(reply, "error"))
		failed(r, "a worker", message ? message : "refused");
	finish(r);
}

static void cancelled(struct control_call *call, void *mark)
{
	struct reopening *r = mark;

	(void)call;
	r->call = NULL;
}

void handlers_reopen_logs(struct master *m, struct control_call *call)
{
	struct reopening *r = calloc(1, sizeof(*r));
	const int error = log_reopen();

	if (!r) {
		if (call)
			control_error_memory(call);
		return;
	}
	r->call = call;
	r->outstanding = 1;
	if (call)
		control_call_keep(call, r, cancelled);
	if (error < 0)
		failed(r, "the master", strerror(-error));
	else
		log_info("master", "log files are opened again");
	for (unsigned i = 0; i < m->n_workers; i++) {
		const int sent = worker_call(&m->workers[i], CONTROL_WORKER_INTERFACE ".ReopenLogs",
					     NULL, NULL, 0, reopened, r);

		if (sent >= 0)
			r->outstanding++;
		else if (sent != -ECONNRESET)
			failed(r, "a worker", strerror(-sent));
	}
	finish(r);
}
