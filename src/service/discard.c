/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * discard.c: RFC 863. Without a function for it, what comes is thrown away, and nothing is answered.
 */
#include "echod/service.h"

const struct service service_discard = {
	.name = "discard",
	.transports = SERVICE_TCP | SERVICE_UDP | SERVICE_UNIX,
};
