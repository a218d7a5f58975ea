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
	[METHOD_GET_METRICS] = { .name = "GetMetrics", .right = CONTROL_READ },
	[METHOD_GET_STATUS] = { .name = "GetStatus", .right = CONTROL_READ },
	[METHOD_GET_CONFIG] = { .name = "GetConfig",
				.right = CONTROL_READ,
				.parameters = { { "cursor", JSON_STRING, true } } },
	[METHOD_GET_REFUSALS] = { .name = "GetRefusals",
				  .right = CONTROL_READ,
				  .parameters = { { "limit", JSON_INTEGER, true } } },
	[METHOD_TEST_ACL] = { .name = "TestAcl",
			      .right = CONTROL_READ,
			      .parameters = { { "listener", JSON_STRING, false },
					      { "address", JSON_STRING, false } } },
	[METHOD_WATCH_STATUS] = { .name = "WatchStatus",
				  .right = CONTROL_READ,
				  .needs_more = true,
				  .parameters = { { "interval_ms", JSON_INTEGER, true } } },
	[METHOD_WATCH_EVENTS] = { .name = "WatchEvents",
				  .right = CONTROL_READ,
				  .needs_more = true,
				  .parameters = { { "kinds", JSON_ARRAY, true } } },
	[METHOD_RELOAD] = { .name = "Reload", .right = CONTROL_ADMIN },
	[METHOD_LIST_LISTENERS] = { .name = "ListListeners", .right = CONTROL_READ },
	[METHOD_LIST_CONNECTIONS] = { .name = "ListConnections",
				      .right = CONTROL_READ,
				      .parameters = { { "filter", JSON_OBJECT, true },
						      { "sort", JSON_STRING, true },
						      { "reverse", JSON_TRUE, true },
						      { "tcp", JSON_TRUE, true },
						      { "limit", JSON_INTEGER, true },
						      { "cursor", JSON_STRING, true } } },
	[METHOD_GET_CONNECTION] = { .name = "GetConnection",
				    .right = CONTROL_READ,
				    .parameters = { { "id", JSON_INTEGER, false } } },
	[METHOD_CLOSE_CONNECTIONS] = { .name = "CloseConnections",
				       .right = CONTROL_OPERATE,
				       .parameters = { { "ids", JSON_ARRAY, true },
						       { "filter", JSON_OBJECT, true },
						       { "now", JSON_TRUE, true },
						       { "dry_run", JSON_TRUE, true } } },
	[METHOD_SET_LOG_LEVEL] = { .name = "SetLogLevel",
				   .right = CONTROL_ADMIN,
				   .parameters = { { "level", JSON_STRING, true },
						   { "for_ms", JSON_INTEGER, true } } },
	[METHOD_REOPEN_LOGS] = { .name = "ReopenLogs", .right = CONTROL_ADMIN },
	[METHOD_DRAIN] = { .name = "Drain",
			   .right = CONTROL_OPERATE,
			   .parameters = { { "timeout_ms", JSON_INTEGER, true },
					   { "spread_ms", JSON_INTEGER, true } } },
	[METHOD_RESUME] = { .name = "Resume", .right = CONTROL_OPERATE },
	[METHOD_STOP] = { .name = "Stop",
			  .right = CONTROL_ADMIN,
			  .parameters = { { "now", JSON_TRUE, true } } },
};
static_assert(ARRAY_LENGTH(verb_methods) == METHODS, "a row for each method");

/* What GetStatus and WatchStatus answer. */
#define STATUS_FIELDS                 \
	"  version: string,\n"        \
	"  pid: int,\n"               \
	"  state: string,\n"          \
	"  start_time_s: int,\n"      \
	"  uptime_s: int,\n"          \
	"  selector: string,\n"       \
	"  config_file: ?string,\n"   \
	"  config_generation: int,\n" \
	"  last_reload: ?Reload,\n"   \
	"  user: string,\n"           \
	"  control_socket: string,\n" \
	"  pid_file: string,\n"       \
	"  metrics_url: ?string,\n"   \
	"  log: LogLevel,\n"          \
	"  workers: []Worker,\n"      \
	"  listeners: []Listener,\n"  \
	"  drain: ?Drain,\n"          \
	"  totals: Totals,\n"         \
	"  control: ControlSide,\n"   \
	"  http: HttpSide,\n"         \
	"  loop_limits_us: []int\n"

/* Published: it is extended, never changed. */
const char verb_interface[] =
    "# The control interface of echod, the echo daemon.\n"
    "# Unix socket; counters only grow, also when a worker is replaced. echod-control(7) tells more.\n"
    "interface echod.Control\n"
    "\n"
    "# One process that serves connections. full: it has no descriptors left and gave its slots up.\n"
    "# loop_turns counts the turns of its loop by how long each took, from waking to waiting again: what\n"
    "# was ready last has waited so long. Those of up to loop_limits_us[0], and so on; the last ones took\n"
    "# longer. loop_busy_us is how long all of them took.\n"
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
    "  restarts: int,\n"
    "  loop_turns: []int,\n"
    "  loop_busy_us: int\n"
    ")\n"
    "\n"
    "# One address that is served; a listener with several has a row for each, under one name.\n"
    "# What was counted at addresses that it has no longer is in the rows of those that it has.\n"
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
    "# Sums over all workers since the start. accepted less the sum of closed is active. pending_bytes,\n"
    "# here and of a worker or connection, are kept in memory: unsent, or of requests not yet whole.\n"
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
    "# What the kernel knows of a TCP connection, as ss -tin shows it.\n"
    "type ConnectionTcp (\n"
    "  receive_queue_bytes: int,\n"
    "  send_queue_bytes: int,\n"
    "  round_trip_us: int,\n"
    "  round_trip_variance_us: int,\n"
    "  retransmissions: int,\n"
    "  congestion_window_segments: int,\n"
    "  unacknowledged_segments: int,\n"
    "  send_mss_bytes: int,\n"
    "  receive_mss_bytes: int,\n"
    "  path_mtu_bytes: int\n"
    ")\n"
    "\n"
    "# One connection. peer is the other end of its socket; proxied_peer the client that a proxy there\n"
    "# named. idle_ms counts from when a byte was last taken, or came while none waited.\n"
    "type Connection (\n"
    "  id: int,\n"
    "  worker: int,\n"
    "  listener: string,\n"
    "  service: string,\n"
    "  transport: string,\n"
    "  state: string,\n"
    "  peer: string,\n"
    "  local: ?string,\n"
    "  proxied_peer: ?string,\n"
    "  age_ms: int,\n"
    "  idle_ms: int,\n"
    "  received_bytes: int,\n"
    "  sent_bytes: int,\n"
    "  pending_bytes: int,\n"
    "  tcp: ?ConnectionTcp\n"
    ")\n"
    "\n"
    "# Which connections: those for which all that is given holds. source is a network in CIDR\n"
    "# notation that the client is in (behind a proxy: the client that it named); min_bytes is for\n"
    "# received and sent together; state is open, flushing or lingering.\n"
    "type ConnectionFilter (\n"
    "  source: ?string,\n"
    "  listener: ?string,\n"
    "  service: ?string,\n"
    "  transport: ?string,\n"
    "  state: ?string,\n"
    "  min_idle_ms: ?int,\n"
    "  min_age_ms: ?int,\n"
    "  min_bytes: ?int\n"
    ")\n"
    "\n"
    "# How the last attempt to read the configuration again went.\n"
    "type Reload (time_s: int, ok: bool, message: ?string)\n"
    "\n"
    "# The drain in force, or the last one: when it began, and what its timeout closed.\n"
    "type Drain (\n"
    "  time_s: int,\n"
    "  timeout_ms: ?int,\n"
    "  spread_ms: ?int,\n"
    "  timed_out: bool,\n"
    "  closed: int,\n"
    "  unsent_bytes: int\n"
    ")\n"
    "\n"
    "# What is logged in every process: up to level; after left_ms, what is configured again. null: not\n"
    "# by itself.\n"
    "type LogLevel (level: string, configured: string, left_ms: ?int)\n"
    "\n"
    "# A setting in force, written as in the file. listener is null for those of the whole daemon. from\n"
    "# is default, file or option; file and line are where it stands, null unless it is from a file.\n"
    "type ConfigValue (\n"
    "  listener: ?string,\n"
    "  key: string,\n"
    "  value: string,\n"
    "  from: string,\n"
    "  file: ?string,\n"
    "  line: ?int\n"
    ")\n"
    "\n"
    "# A network, as large as the configuration's source-prefix says, and how many connections from there\n"
    "# were refused, or datagrams dropped, in all and by reason. At most overcount of count may have been\n"
    "# others'.\n"
    "type RefusedSource (network: string, count: int, overcount: int, reasons: [string]int)\n"
    "\n"
    "# Something that happened. peer and proxied_peer are as in Connection. reason is why a connection was\n"
    "# closed or refused, ok or failed for a reload, or how the worker ended.\n"
    "type Event (\n"
    "  time_ms: int,\n"
    "  kind: string,\n"
    "  worker: ?int,\n"
    "  listener: ?string,\n"
    "  id: ?int,\n"
    "  peer: ?string,\n"
    "  proxied_peer: ?string,\n"
    "  reason: ?string,\n"
    "  message: ?string,\n"
    "  age_ms: ?int,\n"
    "  received_bytes: ?int,\n"
    "  sent_bytes: ?int\n"
    ")\n"
    "\n"
    "# The control socket itself.\n"
    "type ControlSide (clients: int, dropped: int, malformed: int)\n"
    "\n"
    "# The HTTP side, of metrics-listen. rejected of those accepted were closed at once: their address\n"
    "# had as many clients as one may.\n"
    "type HttpSide (clients: int, accepted: int, rejected: int, accept_errors: int)\n"
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
    "# Every setting in force and where it came from; cursor is where to go on, null at the end. A cursor\n"
    "# is good until the next reload.\n"
    "method GetConfig(cursor: ?string) -> (\n"
    "  generation: int,\n"
    "  config_file: ?string,\n"
    "  values: []ConfigValue,\n"
    "  cursor: ?string\n"
    ")\n"
    "\n"
    "# What was not served since the start, by reason, and the sources of which most connections were\n"
    "# refused, and most datagrams dropped: 20 each, or so many as limit says, 0 to 1,000.\n"
    "method GetRefusals(limit: ?int) -> (\n"
    "  rejected: [string]int,\n"
    "  accept_errors: [string]int,\n"
    "  datagrams_dropped: [string]int,\n"
    "  sources: []RefusedSource,\n"
    "  datagram_sources: []RefusedSource\n"
    ")\n"
    "\n"
    "# Would the access list of a listener let this address in? list is what decides: allow, deny, or\n"
    "# none when no network of either matches; network is the rule, file and line where its list stands.\n"
    "method TestAcl(listener: string, address: string) -> (\n"
    "  allowed: bool,\n"
    "  list: string,\n"
    "  network: ?string,\n"
    "  file: ?string,\n"
    "  line: ?int\n"
    ")\n"
    "\n"
    "# What is served, as in the status.\n"
    "method ListListeners() -> (listeners: []Listener)\n"
    "\n"
    "# Connections, at most 256 in a reply; cursor is where to go on, null when there are no more. With\n"
    "# more come as many replies as it takes. limit is for all replies together. sort is id, age, idle,\n"
    "# received, sent, bytes or pending, the largest first (the smallest id); without it a connection\n"
    "# that lives all the time is listed exactly once. tcp asks the kernel, too.\n"
    "method ListConnections(\n"
    "  filter: ?ConnectionFilter,\n"
    "  sort: ?string,\n"
    "  reverse: ?bool,\n"
    "  tcp: ?bool,\n"
    "  limit: ?int,\n"
    "  cursor: ?string\n"
    ") -> (connections: []Connection, cursor: ?string)\n"
    "\n"
    "# One connection, with what the kernel knows of it.\n"
    "method GetConnection(id: int) -> (connection: Connection)\n"
    "\n"
    "# Ends connections in order: those with these ids, or those that a filter means ({} means all).\n"
    "# now throws away what is still unsent; dry_run only counts. missing are those of the ids that\n"
    "# were not there, or were ending already.\n"
    "method CloseConnections(ids: ?[]int, filter: ?ConnectionFilter, now: ?bool, dry_run: ?bool) -> (\n"
    "  closed: int,\n"
    "  missing: []int\n"
    ")\n"
    "\n"
    "# Logs at this level (error, warning, notice, info or debug) in every process, for so long or until\n"
    "# it is called again; without a level, as the configuration says. Answers when all know.\n"
    "method SetLogLevel(level: ?string, for_ms: ?int) -> ()\n"
    "\n"
    "# Opens log files again under their names, in every process: after a rotation.\n"
    "method ReopenLogs() -> ()\n"
    "\n"
    "# From here new connections are ended at once; those there are go on until their peers end them,\n"
    "# or until the timeout. With spread_ms, 0 to 86,400,000, they are ended in order one after the other\n"
    "# over that time. Answers when every worker knows. Again with other times changes these.\n"
    "method Drain(timeout_ms: ?int, spread_ms: ?int) -> ()\n"
    "\n"
    "# Ends a drain: new connections are served again.\n"
    "method Resume() -> ()\n"
    "\n"
    "# Begins to stop and answers at once: connections are drained first, or cut off with now.\n"
    "method Stop(now: ?bool) -> ()\n"
    "\n"
    "# How the daemon is and what it has counted.\n"
    "method GetStatus() -> (\n" STATUS_FIELDS ")\n"
    "\n"
    "# The same at once and then at this interval, 1,000 ms unless told, from 100 to 3,600,000.\n"
    "method WatchStatus(interval_ms: ?int) -> (\n" STATUS_FIELDS ")\n"
    "\n"
    "# What happens from here on, as it happens: kinds are open, close, refused, reload and worker_died,\n"
    "# all of them unless told. The first reply has no event; it comes when all workers know. lost is\n"
    "# how many events could not be told since the reply before.\n"
    "method WatchEvents(kinds: ?[]string) -> (event: ?Event, lost: int)\n"
    "\n"
    "# The numbers of GetStatus and what the processes use, as Prometheus reads them.\n"
    "method GetMetrics() -> (text: string)\n"
    "\n"
    "# A worker did not answer in time; it obeys when it can.\n"
    "error WorkerTimeout (worker: int)\n"
    "\n"
    "# No connection has this id, or not any more.\n"
    "error NoSuchConnection (id: int)\n"
    "\n"
    "# No listener has this name.\n"
    "error NoSuchListener (listener: string)\n"
    "\n"
    "# The daemon is on its way out.\n"
    "error Stopping ()\n"
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
