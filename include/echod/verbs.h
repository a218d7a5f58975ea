/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * verbs: ONE table of what can be asked of the daemon. The server takes each method's name, right
 * and parameters from here, echoctl its verbs, their help and their methods; the interface text
 * that GetInterfaceDescription returns stands beside it. A row is added here and nowhere else; each
 * end supplies its function by the row's number and static_asserts that none is missing.
 */
#ifndef ECHOD_VERBS_H
#define ECHOD_VERBS_H

#include "echod/control.h"

enum verb_method {
	METHOD_PING,
	METHOD_GET_METRICS,
	METHOD_GET_STATUS,
	METHOD_GET_CONFIG,
	METHOD_GET_REFUSALS,
	METHOD_TEST_ACL,
	METHOD_WATCH_STATUS,
	METHOD_WATCH_EVENTS,
	METHOD_RELOAD,
	METHOD_LIST_LISTENERS,
	METHOD_LIST_CONNECTIONS,
	METHOD_GET_CONNECTION,
	METHOD_CLOSE_CONNECTIONS,
	METHOD_SET_LOG_LEVEL,
	METHOD_REOPEN_LOGS,
	METHOD_DRAIN,
	METHOD_RESUME,
	METHOD_STOP,
	METHODS
};

struct verb_method_row {
	const char *name; /* without the interface */
	enum control_right right;
	bool needs_more;
	struct control_parameter parameters[CONTROL_PARAMETERS_MAX];
};

extern const struct verb_method_row verb_methods[METHODS];
/* The Varlink interface definition of echod.Control. */
extern const char verb_interface[];

/* The rows as a server wants them, with the functions of the daemon's end. */
void verbs_bind(void (*const starts[METHODS])(struct control_call *call, void *user),
		struct control_method ret_methods[METHODS]);

#endif
