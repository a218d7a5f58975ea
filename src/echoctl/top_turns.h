/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_turns: how long the turns of a loop took between two statuses, from counts by kind of length.
 */
#ifndef ECHOD_ECHOCTL_TOP_TURNS_H
#define ECHOD_ECHOCTL_TOP_TURNS_H

#include "echoctl/render_fields.h"
#include "echoctl/top_model.h"

/* A list of n integers; what is wrong with it is in f. */
void top_turns_read(struct fields *f, const json_t *object, const char *where, const char *name,
		    size_t n, int64_t *ret_numbers);
/* Of n_kinds - 1 limits. busy is left at 0. */
struct top_turns top_turns_between(const int64_t *now, const int64_t *before,
				   const int64_t *limits_us, size_t n_kinds);

#endif
