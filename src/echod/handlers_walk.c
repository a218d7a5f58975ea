/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_walk.c: see handlers_walk.h. It is freed when its call is over and no answer is to come.
 */
#include "src/echod/handlers_walk.h"

#include <errno.h>

#include "echod/attr.h"
#include "echod/control.h"
#include "echod/log.h"
#include "src/echod/handlers.h"
#include "src/echod/master.h"

static void let_go(struct walk *walk)
{
	walk->call = NULL;
	if (walk->asking)
		return;
	json_decref(walk->wanted);
	walk->steps->free(walk);
}

static void cancelled(struct control_call *call, void *mark)
{
	struct walk *walk = mark;

	(void)call;
	if (walk->steps->abandoned)
		walk->steps->abandoned(walk);
	let_go(walk);
}

void walk_end(struct walk *walk, json_t *parameters)
{
	if (parameters)
		control_reply(walk->call, parameters);
	else
		control_error_memory(walk->call);
	let_go(walk);
}

void walk_fail(struct walk *walk, const char *error, json_t *parameters)
{
	control_error(walk->call, error, parameters);
	let_go(walk);
}

void walk_drop(struct walk *walk)
{
	let_go(walk);
}

static void pass_over(struct walk *walk)
{
	walk->worker++;
	walk->cursor = 0;
}

/* What a worker answers with an error has no other reason than memory: the master checks what it
 * asks for. */
static void refused(struct walk *walk, const json_t *reply)
{
	const char *name = json_string_value(json_object_get(reply, "error"));

	log_error("master", "worker %u: %s: %s", walk->worker, walk->steps->method,
		  name ? name : "no answer");
	walk_end(walk, NULL);
}

static void answered(const json_t *reply, int error, bool final, void *user)
{
	struct walk *walk = user;
	const json_t *parameters = json_object_get(reply, "parameters");
	const json_t *cursor = json_object_get(parameters, "cursor");

	(void) final;
	walk->asking = false;
	if (!walk->call) {
		let_go(walk);
	} else if (error == -ETIMEDOUT) {
		walk_fail(walk, CONTROL_INTERFACE ".WorkerTimeout",
			  json_pack("{s:i}", "worker", (int)walk->worker));
	} else if (error) {
		pass_over(walk);
		walk_next(walk);
	} else if (json_object_get(reply, "error")) {
		refused(walk, reply);
	} else {
		walk->cursor = json_integer_value(cursor);
		if (!json_is_integer(cursor))
			pass_over(walk);
		walk->steps->page(walk, parameters);
	}
}

static int ask(struct walk *walk)
{
	json_t *question = walk->steps->ask(walk);

	question = handlers_set(question, "cursor", json_integer((json_int_t)walk->cursor));
	if (!question)
		return -ENOMEM;
	return worker_call(&walk->master->workers[walk->worker], walk->steps->method, question,
			   NULL, 0, answered, walk);
}

static bool is_concerned(const struct walk *walk)
{
	return !walk->steps->concerns || walk->steps->concerns(walk);
}

void walk_next(struct walk *walk)
{
	for (; walk->worker < walk->end; pass_over(walk)) {
		const int r = is_concerned(walk) ? ask(walk) : -ECONNRESET;

		if (r >= 0) {
			walk->asking = true;
			return;
		}
		if (r != -ECONNRESET) {
			walk_end(walk, NULL);
			return;
		}
	}
	walk->steps->done(walk);
}

void walk_begin(struct walk *walk, const struct walk_steps *steps, struct control_call *call,
		struct master *m)
{
	walk->steps = steps;
	walk->master = m;
	walk->call = call;
	walk->wanted = json_incref((json_t *)(uintptr_t)control_call_parameters(call));
	if (walk->end > m->n_workers)
		walk->end = m->n_workers;
	control_call_keep(call, walk, cancelled);
	walk_next(walk);
}
