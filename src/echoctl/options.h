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

#include "echod/attr.h"

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
	OPTIONS_MESSAGE_SIZE = 256,
	OPTIONS_TIMEOUT_MS = 5000 /* unless told */
};

/* Which connections, and how to list them. */
struct options_filter {
	const char *from, *listener, *service, *transport, *state; /* NULL = any */
	int64_t idle_ms, age_ms, bytes;				   /* 0 = any */
	bool all;						   /* disconnect: said so */
	const char *sort;					   /* NULL = in none */
	bool reverse, tcp;
	int64_t limit; /* 0 = none */
};

/* All texts are borrowed from argv. */
struct options {
	const char *socket; /* NULL = look for it */
	int64_t timeout_ms; /* 0 = not given */
	bool json, no_color, help, version;
	int64_t for_ms;	       /* log: 0 = not given */
	int64_t spread_ms;     /* drain: 0 = not given */
	int64_t interval_ms;   /* top: 0 = not given */
	int64_t count;	       /* top: of intervals; 0 = no end */
	const char *output;    /* metrics: a file, or NULL */
	bool csv, no_headings; /* lists */
	bool now, no_wait;     /* stop; now also disconnect */
	bool dry_run;	       /* disconnect */
	struct options_filter filter;
	const struct verb *verb; /* NULL = none given */
	const char *const *arguments;
	size_t n_arguments;
	char message[OPTIONS_MESSAGE_SIZE]; /* what was wrong */
};

struct option_row {
	char letter; /* 0 = none */
	const char *name;
	const char *argument; /* what it takes, for the help; NULL = nothing */
	const char *verb;     /* the verbs it goes with, with ", " between; NULL = all */
	const char *help;
	size_t offset; /* in struct options: a bool, or with an argument what take() fills */
	int (*take)(struct options *options, const char *value);
	bool once; /* of two, one would be lost; of the others the last one holds */
};

extern const struct option_row option_rows[];
extern const size_t n_option_rows;

/* The row with this name, which need not end in 0, or with this letter; NULL where there is none. */
const struct option_row *option_row_named(const char *name, size_t length);
const struct option_row *option_row_lettered(char letter);
/* The name that is meant by one that there is not, or NULL. */
const char *option_row_nearest(const char *name);

/* 0, or -EINVAL with *ret_options->message. The words of argv come to stand in its front. */
int options_parse(int argc, char **argv, struct options *ret_options);

bool options_go_with(const struct option_row *row, const struct verb *verb);
/* Puts what is wrong in options->message. Returns -EINVAL. */
int options_refuse(struct options *options, const char *format, ...) PRINTF_LIKE(2, 3);

void options_print_usage(FILE *stream);
/* The help of one verb, or of the program when there is none. */
void options_print_help(const struct verb *verb, FILE *stream);
void options_print_version(FILE *stream);

#endif
