/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options_table: ONE table of echod's options; the parser, the suggestions and --help walk it.
 */
#ifndef ECHOD_OPTIONS_TABLE_H
#define ECHOD_OPTIONS_TABLE_H

#include "options.h"

struct option_row {
	const char *name;     /* without the dashes */
	const char *argument; /* as --help writes it, or NULL */
	const char *help;
	/* Takes the argument, or NULL. 0, -EINVAL with the message written, -ENOMEM. */
	int (*take)(struct options *options, const char *value);
	char letter; /* or 0 */
};

extern const struct option_row option_rows[];
extern const size_t n_option_rows;

/* Writes the message. Always -EINVAL. */
int options_refuse(struct options *options, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
