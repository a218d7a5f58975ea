/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options_value: what the files of the command line share: an option's value, taken or refused. Each
 * function here returns OPTIONS_RUN, or has said on err what is wrong and returns the exit code.
 */
#ifndef MULTICONN_OPTIONS_VALUE_H
#define MULTICONN_OPTIONS_VALUE_H

#include <stdio.h>

#include "echod/attr.h"
#include "multiconn/options.h"

/* Says it with the program's name, and where help is to be had; returns EXIT_USAGE. */
int options_usage_error(FILE *err, const char *format, ...) PRINTF_LIKE(2, 3);

int options_set_control(struct options *o, const char *path, FILE *err);
int options_set_bind(struct options *o, const char *text, FILE *err);
int options_set_count(struct options *o, const char *text, FILE *err);
int options_set_family(struct options *o, int family, FILE *err);
int options_set_length(struct options *o, const char *text, FILE *err);
int options_set_proxy(struct options *o, const char *text, FILE *err);
int options_set_selector(struct options *o, const char *name, FILE *err);
int options_set_service(struct options *o, const char *name, FILE *err);
int options_set_timeout(struct options *o, const char *text, FILE *err);

/* ---- options_help.c ---- */

void options_print_help(FILE *out);
void options_print_version(FILE *out);

#endif
