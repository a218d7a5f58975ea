/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reason.c: the words of reason.h, in the order of their enums.
 */
#include "echod/reason.h"

#include <errno.h>
#include <stddef.h>

#include "echod/attr.h"

static const char *const close_names[CLOSE_REASONS] = {
	[CLOSE_PEER] = "peer",
	[CLOSE_RESET] = "reset",
	[CLOSE_ERROR] = "error",
	[CLOSE_IDLE] = "idle",
	[CLOSE_FIRST_BYTE] = "first_byte",
	[CLOSE_LIFETIME] = "lifetime",
	[CLOSE_STALL] = "stall",
	[CLOSE_DRAIN] = "drain",
	[CLOSE_CONTROL] = "control",
	[CLOSE_PROTOCOL] = "protocol",
	[CLOSE_SERVICE] = "service",
	[CLOSE_MEMORY] = "memory",
	[CLOSE_WORKER_LOST] = "worker_lost",
};

static const char *const reject_names[REJECT_REASONS] = {
	[REJECT_LIMIT] = "limit",
	[REJECT_SOURCE_LIMIT] = "source_limit",
	[REJECT_RATE] = "rate",
	[REJECT_ACL] = "acl",
	[REJECT_PROXY] = "proxy",
	[REJECT_DRAINING] = "draining",
	[REJECT_DESCRIPTORS] = "descriptors",
};

static const char *const accept_names[ACCEPT_ERRORS] = {
	[ACCEPT_ECONNABORTED] = "ECONNABORTED",
	[ACCEPT_EMFILE] = "EMFILE",
	[ACCEPT_ENFILE] = "ENFILE",
	[ACCEPT_ENOBUFS] = "ENOBUFS",
	[ACCEPT_ENOMEM] = "ENOMEM",
	[ACCEPT_OTHER] = "other",
};

static const char *const drop_names[DROP_REASONS] = {
	[DROP_PORT_ZERO] = "port_zero",
	[DROP_OWN_PORT] = "own_port",
	[DROP_REFLECTOR_PORT] = "reflector_port",
	[DROP_BAD_SOURCE] = "bad_source",
	[DROP_LOOPBACK_ELSEWHERE] = "loopback_elsewhere",
	[DROP_SELF] = "self",
	[DROP_RATE] = "rate",
	[DROP_ACL] = "acl",
	[DROP_SHORT] = "short",
	[DROP_TRUNCATED] = "truncated",
	[DROP_SEND] = "send",
};

static const char *name_of(const char *const *names, size_t length, unsigned value)
{
	return value < length ? names[value] : "unknown";
}

const char *close_reason_name(enum close_reason reason)
{
	return name_of(close_names, ARRAY_LENGTH(close_names), reason);
}

const char *reject_reason_name(enum reject_reason reason)
{
	return name_of(reject_names, ARRAY_LENGTH(reject_names), reason);
}

const char *accept_error_name(enum accept_error error)
{
	return name_of(accept_names, ARRAY_LENGTH(accept_names), error);
}

const char *drop_reason_name(enum drop_reason reason)
{
	return name_of(drop_names, ARRAY_LENGTH(drop_names), reason);
}

enum accept_error accept_error_of(int errno_value)
{
	switch (errno_value) {
	case ECONNABORTED:
		return ACCEPT_ECONNABORTED;
	case EMFILE:
		return ACCEPT_EMFILE;
	case ENFILE:
		return ACCEPT_ENFILE;
	case ENOBUFS:
		return ACCEPT_ENOBUFS;
	case ENOMEM:
		return ACCEPT_ENOMEM;
	default:
		return ACCEPT_OTHER;
	}
}
