/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * verbs.c owns what can be asked of the daemon: the table of methods, and beside it the same in
 * Varlink's interface language for clients that introspect. tests/control/test_verbs.c holds the two
 * together.
 */
#include "echod/verbs.h"

#include <assert.h>

const struct verb_method_row verb_methods[] = {
	[METHOD_PING] = { .name = "Ping", .right = CONTROL_READ },
	[METHOD_GET_STATUS] = { .name = "GetStatus", .right = CONTROL_READ },
	[METHOD_RELOAD] = { .name = "Reload", .right = CONTROL_ADMIN },
	[METHOD_REOPEN_LOGS] = { .name = "ReopenLogs", .right = CONTROL_ADMIN },
	[METHOD_STOP] = { .name = "Stop",
			  .right = CONTROL_ADMIN,
			  .parameters = { { "now", JSON_TRUE, true } } },
};
static_assert(ARRAY_LENGTH(verb_methods) == METHODS, "a row for each method");

/* Published: it is extended, never changed. */
const char verb_interface[] =
    "# The control interface of echod, the echo daemon.\n"
    "# Unix socket; counters only grow, also when a worker is replaced. echod-control(7) tells more.\n"
    "interface echod.Control\n"
    "\n"
    "# One process that serves connections. full: it has no descriptors left and gave its slots up.\n"
    "type Worker (\n"
    "  index: int,\n"
    "  pid: ?int,\n"
    "  state: string,\n"
    "  slots: []int,\n"
    "  active: int,\n"
    "  accepted: int,\n"
    "  full: bool,\n"
    "  pending_bytes: int,\n"
    "  paused_connections: int,\n"
    "  open_files_limit: int,\n"
    "  restarts: int\n"
    ")\n"
    "\n"
    "# One address that is served; a listener with several has a row for each, under one name.\n"
    "type Listener (\n"
    "  name: string,\n"
    "  service: string,\n"
    "  transport: string,\n"
    "  address: ?string,\n"
    "  port: ?int,\n"
    "  path: ?string,\n"
    "  state: string,\n"
    "  accepted: int,\n"
    "  active: int,\n"
    "  rejected: int,\n"
    "  received_bytes: int,\n"
    "  sent_bytes: int,\n"
    "  datagrams_received: int,\n"
    "  datagrams_sent: int,\n"
    "  datagrams_dropped: int\n"
    ")\n"
    "\n"
    "# Sums over all workers since the start. accepted less the sum of closed is active.\n"
    "type Totals (\n"
    "  accepted: int,\n"
    "  active: int,\n"
    "  closed: [string]int,\n"
    "  rejected: [string]int,\n"
    "  accept_errors: [string]int,\n"
    "  received_bytes: int,\n"
    "  sent_bytes: int,\n"
    "  datagrams_received: int,\n"
    "  datagrams_sent: int,\n"
    "  datagrams_dropped: [string]int,\n"
    "  pending_bytes: int,\n"
    "  paused_connections: int,\n"
    "  worker_restarts: int\n"
    ")\n"
    "\n"
    "# How the last attempt to read the configuration again went.\n"
    "type Reload (time_s: int, ok: bool, message: ?string)\n"
    "\n"
    "# The control socket itself.\n"
    "type ControlSide (clients: int, dropped: int, malformed: int)\n"
    "\n"
    "# One mistake in a configuration file.\n"
    "type ConfigError (file: string, line: int, message: string)\n"
    "\n"
    "# Answers that the daemon is there.\n"
    "method Ping() -> ()\n"
    "\n"
    "# Reads the configuration again and puts it in force, all of it or nothing; answers when that is\n"
    "# done. Each listener of either file is in one of the first four lists; needs_restart has the keys\n"
    "# whose old values stay.\n"
    "method Reload() -> (\n"
    "  generation: int,\n"
    "  added: []string,\n"
    "  removed: []string,\n"
    "  changed: []string,\n"
    "  kept: []string,\n"
    "  needs_restart: []string\n"
    ")\n"
    "\n"
    "# Opens log files again under their names, in every process: after a rotation.\n"
    "method ReopenLogs() -> ()\n"
    "\n"
    "# Begins to stop and answers at once: connections are drained first, or cut off with now.\n"
    "method Stop(now: ?bool) -> ()\n"
    "\n"
    "# How the daemon is and what it has counted.\n"
    "method GetStatus() -> (\n"
    "  version: string,\n"
    "  pid: int,\n"
    "  state: string,\n"
    "  start_time_s: int,\n"
    "  uptime_s: int,\n"
    "  selector: string,\n"
    "  config_file: ?string,\n"
    "  config_generation: int,\n"
    "  last_reload: ?Reload,\n"
    "  user: string,\n"
    "  control_socket: string,\n"
    "  pid_file: string,\n"
    "  workers: []Worker,\n"
    "  listeners: []Listener,\n"
    "  totals: Totals,\n"
    "  control: ControlSide\n"
    ")\n"
    "\n"
    "# A worker did not answer in time.\n"
    "error WorkerTimeout (worker: int)\n"
    "\n"
    "# The daemon was started without a configuration file.\n"
    "error NoConfiguration ()\n"
    "\n"
    "# The configuration has mistakes; the one in force stays.\n"
    "error ConfigInvalid (errors: []ConfigError)\n"
    "\n"
    "# The new configuration could not be put in force; the old one is.\n"
    "error ReloadFailed (message: string)\n"
    "\n"
    "# A log file could not be opened again; the old one is still written to.\n"
    "error ReopenFailed (message: string)\n"
    "\n"
    "# The daemon has no memory for the answer.\n"
    "error OutOfMemory ()\n";

void verbs_bind(void (*const starts[METHODS])(struct control_call *call, void *user),
		struct control_method ret_methods[METHODS])
{
	for (size_t i = 0; i < METHODS; i++) {
		const struct verb_method_row *row = &verb_methods[i];
		struct control_method *method = &ret_methods[i];

		*method = (struct control_method){ .name = row->name,
						   .right = row->right,
						   .needs_more = row->needs_more,
						   .start = starts[i] };
		for (size_t j = 0; j < CONTROL_PARAMETERS_MAX; j++)
			method->parameters[j] = row->parameters[j];
	}
}
