/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_ask.c: a question to all workers lives until the last of them has answered, has died or has
 * had its time; the control client that waits for it may go before that.
 */
#include "src/echod/handlers_ask.h"

#include <errno.h>
#include <stdlib.h>

#include "echod/control.h"
#include "src/echod/master.h"

enum {
	NOBODY = -1
};

struct ask {
	struct master *m;
	struct control_call *call; /* NULL: nobody waits any more */
	void (*done)(struct master *m);
	unsigned waiting; /* for so many answers, and one while the question is put */
	int late;	  /* the first worker that did not answer in time */
	bool failed;	  /* a worker could not be asked */
	struct ask_part {
		struct ask *ask;
		struct master_worker *worker;
	} parts[]; /* by worker */
};

static void reply(const struct ask *ask)
{
	if (ask->late != NOBODY)
		control_error(ask->call, CONTROL_INTERFACE ".WorkerTimeout",
			      json_pack("{s:i}", "worker", ask->late));
	else if (ask->failed)
		control_error_memory(ask->call);
	else
		control_reply(ask->call, NULL);
}

static void one_less(struct ask *ask)
{
	if (--ask->waiting > 0)
		return;
	if (ask->done)
		ask->done(ask->m);
	if (ask->call)
		reply(ask);
	free(ask);
}

static void answered(const json_t *answer, int error, bool final, void *user)
{
	const struct ask_part *part = user;

	(void) final;
	worker_log_failure(part->worker, "control", answer, error);
	if (error == -ETIMEDOUT && part->ask->late == NOBODY)
		part->ask->late = (int)part->worker->index;
	one_less(part->ask);
}

static void client_gone(struct control_call *call, void *mark)
{
	struct ask *ask = mark;

	(void)call;
	ask->call = NULL;
}

static void ask_one(struct ask *ask, struct master_worker *worker, const char *method,
		    json_t *parameters)
{
	struct ask_part *part = &ask->parts[worker->index];
	int r;

	*part = (struct ask_part){ .ask = ask, .worker = worker };
	r = worker_call(worker, method, json_incref(parameters), NULL, 0, answered, part);
	if (r >= 0) {
		ask->waiting++;
	} else if (r != -ECONNRESET) { /* one that has gone has no part in it */
		ask->failed = true;
		worker_links_close(worker); /* better replaced than untold */
	}
}

int workers_ask(struct master *m, const char *method, json_t *parameters, struct control_call *call,
		void (*done)(struct master *m))
{
	struct ask *ask = calloc(1, sizeof(*ask) + m->n_workers * sizeof(ask->parts[0]));

	if (!ask) {
		json_decref(parameters);
		if (call)
			control_error_memory(call);
		return -ENOMEM;
	}
	*ask = (struct ask){ .m = m, .call = call, .done = done, .waiting = 1, .late = NOBODY };
	if (call)
		control_call_keep(call, ask, client_gone);
	for (unsigned i = 0; i < m->n_workers; i++)
		if (m->workers[i].pid != 0)
			ask_one(ask, &m->workers[i], method, parameters);
	json_decref(parameters);
	one_less(ask);
	return 0;
}
