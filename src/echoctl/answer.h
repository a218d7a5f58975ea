/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * answer: what most verbs do: call one method of the daemon and print what it answers.
 */
#ifndef ECHOD_ECHOCTL_ANSWER_H
#define ECHOD_ECHOCTL_ANSWER_H

#include <jansson.h>
#include <stdbool.h>

#include "echoctl/options.h"
#include "echoctl/render.h"
#include "echod/verbs.h"

struct session;

/* session_call() of a method of the table; parameters' reference is taken. */
int answer_call(struct session *session, enum verb_method method, json_t *parameters,
		json_t **ret_parameters);
/* Prints the answer, as JSON or with this function; the reference is taken. An exit code. */
int answer_show(const struct session *session, json_t *parameters,
		int (*render)(const json_t *parameters, bool color, FILE *out,
			      char ret_wrong[static RENDER_WRONG_SIZE]));
/* Says what is wrong with an answer, or "" that memory is out. An exit code. */
int answer_is_wrong(const struct session *session, const char *wrong);
bool answer_wants_color(const struct options *options);

#endif
