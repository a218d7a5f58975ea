/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options: echod's command line. What is given here beats the configuration file, also at a reload:
 * keep the struct and load with it again.
 */
#ifndef ECHOD_OPTIONS_H
#define ECHOD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config.h"

enum {
	OPTIONS_MESSAGE_SIZE = 256
};

/* Strings are owned; NULL = not given. Paths are absolute. */
struct options {
	char *config_file;
	char *host, *port; /* both or neither */
	char *pid_file, *control_socket;
	char *user, *group; /* "" when --user names no group */
	char *selector;
	int64_t workers;   /* 0 = auto, -1 = not given */
	int64_t log_level; /* enum log_level, -1 = not given */
	bool check, daemon, transcript, help, version;
	char message[OPTIONS_MESSAGE_SIZE]; /* what is wrong, after -EINVAL */
};

/* 0; -EINVAL with the reason in ret_options->message: print it with options_print_error() and exit 2;
 * -ENOMEM. Release with options_fini() in any case. */
int options_parse(int argc, char **argv, struct options *ret_options);
void options_fini(struct options *options);

/* The file that a start without HOST PORT reads: the one given, or the default place. */
const char *options_config_file(const struct options *options);
/* True when neither HOST PORT nor a file was named and there is none at the default place. Without
 * any argument: print options_print_usage() on standard error and exit 2. */
bool options_lack_configuration(const struct options *options);

/* The whole effective configuration: from HOST PORT or the file, then what the options say. As
 * config_load(). */
int options_load(const struct options *options, struct config *ret_config,
		 struct config_errors *errors);

/* "echod: MESSAGE", and where help is. */
void options_print_error(const struct options *options, FILE *stream);
/* The tutorial's line: "usage: echod HOST PORT". */
void options_print_usage(FILE *stream);
void options_print_help(FILE *stream);
/* The version and what was compiled in. */
void options_print_version(FILE *stream);

#endif
