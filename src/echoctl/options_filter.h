/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options_filter: the options that say which connections are meant, and the same for the daemon.
 */
#ifndef ECHOD_ECHOCTL_OPTIONS_FILTER_H
#define ECHOD_ECHOCTL_OPTIONS_FILTER_H

#include <jansson.h>

#include "echoctl/options.h"

/* For the table of options. 0, or -EINVAL with options->message. */
int options_take_from(struct options *options, const char *value);
int options_take_listener(struct options *options, const char *value);
int options_take_service(struct options *options, const char *value);
int options_take_transport(struct options *options, const char *value);
int options_take_state(struct options *options, const char *value);
int options_take_idle(struct options *options, const char *value);
int options_take_age(struct options *options, const char *value);
int options_take_bytes(struct options *options, const char *value);
int options_take_sort(struct options *options, const char *value);
int options_take_limit(struct options *options, const char *value);

/* A word that goes to the daemon: JSON holds nothing but UTF-8. The same results. */
int options_check_text(struct options *options, const char *value);

/* Does any filter say which connections are meant? */
bool options_filter_is_set(const struct options_filter *filter);
/* The daemon's ConnectionFilter; NULL = no memory. */
json_t *options_filter_json(const struct options_filter *filter);

#endif
