/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * refusal: the daemon's errors that have more to say than their name.
 */
#ifndef ECHOD_ECHOCTL_REFUSAL_H
#define ECHOD_ECHOCTL_REFUSAL_H

#include <jansson.h>
#include <stdbool.h>

/* Says on standard error what this error means. False when it knows no better than its name. */
bool refusal_explain(const char *error, const json_t *parameters);

#endif
