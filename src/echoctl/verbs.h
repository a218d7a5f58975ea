/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * verbs: one row for each thing that echoctl does. The parser, the help and the dispatch read it;
 * a new verb is a row and its function.
 */
#ifndef ECHOD_ECHOCTL_VERBS_H
#define ECHOD_ECHOCTL_VERBS_H

#include <stdbool.h>
#include <stddef.h>

#include "echoctl/options.h"

struct session;

struct verb {
	const char *name;      /* one word, or two with a blank between */
	const char *arguments; /* as the usage line shows them; "" = none */
	size_t min_arguments, max_arguments;
	const char *help;    /* one line, without a full stop */
	const char *details; /* further sentences for its own help, or NULL */
	/* How long to wait for the answer; 0 = --timeout, or 5 s. Otherwise --timeout is not ours. */
	int64_t patience_ms;
	/* NULL, or looks at the arguments before there is a session: -EINVAL with options->message. */
	int (*check)(struct options *options);
	bool opens_session; /* run() does it itself */
	/* Does it, on a connected session; an enum exit_code. */
	int (*run)(struct session *session);
};

extern const struct verb verbs[];
extern const size_t n_verbs;

/* The row whose name is the first of these words; *ret_used says how many words that was. NULL. */
const struct verb *verbs_find(const char *const *words, size_t n, size_t *ret_used);
/* The name that was meant, or NULL. */
const char *verbs_nearest(const char *word);

#endif
