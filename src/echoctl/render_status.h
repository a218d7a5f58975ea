/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_status: the parts of a status' text, between render_status*.c.
 */
#ifndef ECHOD_ECHOCTL_RENDER_STATUS_H
#define ECHOD_ECHOCTL_RENDER_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "echoctl/render_fields.h"

/* The lines above the tables. What is wrong with the answer is then in f. */
void render_status_head(struct fields *f, const json_t *answer, bool colors, FILE *out);

#endif
