/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options: echoctl's command line, `[OPTION]... VERB [ARG]...`. Options may stand before and after
 * the verb; "--" ends them.
 */
#ifndef ECHOD_ECHOCTL_OPTIONS_H
#define ECHOD_ECHOCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct verb;

/* What a script may rely on. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1, /* the daemon said no, or echoctl itself could not go on */
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3,
	EXIT_NOT_PERMITTED = 4,
	EXIT_NO_ANSWER = 5,
	EXIT_PROTOCOL = 6 /* what answers is no echod, or one that differs too much */
};

enum {
	OPTIONS_ARGUMENTS_MAX = 8,
	OPTIONS_MESSAGE_SIZE = 256,
	OPTIONS_TIMEOUT_MS = 5000 /* unless told */
};

/* All texts are borrowed from argv. */
struct options {
	const char *socket; /* NULL = look for it */
	int64_t timeout_ms; /* 0 = not given */
	bool json, no_color, help, version;
	int64_t for_ms;		 /* log: 0 = not given */
	bool now, no_wait;	 /* stop */
	const char *output;	 /* metrics: a file, or NULL */
	const struct verb *verb; /* NULL = none given */
	const char *arguments[OPTIONS_ARGUMENTS_MAX];
	size_t n_arguments;
	char message[OPTIONS_MESSAGE_SIZE]; /* what was wrong */
};

struct option_row {
	char letter; /* 0 = none */
	const char *name;
	const char *argument; /* what it takes, for the help; NULL = nothing */
	const char *verb;     /* the only verb it goes with; NULL = all */
	const char *help;
	size_t offset; /* in struct options: a bool, or with an argument what take() fills */
	int (*take)(struct options *options, const char *value);
};

extern const struct option_row option_rows[];
extern const size_t n_option_rows;

/* 0, or -EINVAL with *ret_options->message. */
int options_parse(int argc, char **argv, struct options *ret_options);

void options_print_usage(FILE *stream);
/* The help of one verb, or of the program when there is none. */
void options_print_help(const struct verb *verb, FILE *stream);
void options_print_version(FILE *stream);

#endif
