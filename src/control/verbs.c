/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * verbs.c owns what can be asked of the daemon: the table of methods, with the right and the
 * parameters of each.
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
