/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_reload_link.c: what the master says to a worker in a reload, and hears of it.
 */
#include <errno.h>
#include <string.h>

#include "echod/control.h"
#include "src/echod/config_json.h"
#include "src/echod/master.h"

#define METHOD(name) CONTROL_WORKER_INTERFACE "." name

static void answered(const json_t *reply, int error, bool final, void *user)
{
	const json_t *parameters = json_object_get(reply, "parameters");
	const char *name = json_string_value(json_object_get(reply, "error"));
	const char *message = json_string_value(json_object_get(parameters, "message"));

	(void) final;
	if (name)
		reload_answered(user, -EPROTO, message ? message : name);
	else if (error == -ETIMEDOUT)
		reload_answered(user, error, "no answer in time");
	else
		reload_answered(user, error, error ? strerror(-error) : "");
}

static int send_call(struct master_worker *worker, const char *method, json_t *parameters,
		     const int *fds, size_t n_fds, bool wait)
{
	if (!parameters)
		return -ENOMEM;
	return worker_call(worker, method, parameters, fds, n_fds, wait ? answered : NULL, worker);
}

int reload_call_add_sockets(struct master_worker *worker, const struct endpoint_sockets *sockets,
			    unsigned first_slot, unsigned count, bool wait)
{
	json_t *parameters = json_pack("{s:i, s:s, s:i, s:i}", "row", (int)sockets->row,
				       "transport", endpoint_transport_name(sockets->transport),
				       "first_slot", (int)first_slot, "count", (int)count);

	return send_call(worker, METHOD("AddSockets"), parameters, sockets->fds + first_slot, count,
			 wait);
}

static json_t *endpoint_rows(const struct endpoints *endpoints)
{
	json_t *rows = json_array();

	for (size_t i = 0; rows && i < endpoints->length; i++)
		if (json_array_append_new(
			rows, json_pack("{s:i, s:s}", "row", (int)endpoints->items[i].sockets->row,
					"listener", endpoints->items[i].listener->name)) < 0) {
			json_decref(rows);
			return NULL;
		}
	return rows;
}

int reload_call_configure(struct master_worker *worker, int64_t generation,
			  const struct config *config, const struct endpoints *endpoints, bool wait)
{
	json_t *rows = endpoint_rows(endpoints);
	json_t *values = NULL;
	const int r = rows ? config_to_json(config, &values) : -ENOMEM;

	if (r < 0) {
		json_decref(rows);
		return r;
	}
	return send_call(worker, METHOD("Configure"),
			 json_pack("{s:I, s:o, s:o}", "generation", (json_int_t)generation,
				   "config", values, "endpoints", rows),
			 NULL, 0, wait);
}

int reload_call_retire(struct master_worker *worker, bool last, bool wait)
{
	return send_call(worker, METHOD("Retire"), json_pack("{s:b}", "last", last), NULL, 0, wait);
}
