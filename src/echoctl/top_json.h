/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_json: an interval as one JSON object, in base units, for programs.
 */
#ifndef ECHOD_ECHOCTL_TOP_JSON_H
#define ECHOD_ECHOCTL_TOP_JSON_H

#include <stdio.h>

#include "echoctl/top_model.h"

/* On one line, with at most limit connections. 0, -ENOMEM. */
int top_json_print(const struct top_model *m, size_t limit, int64_t time_ms, FILE *out);

#endif
