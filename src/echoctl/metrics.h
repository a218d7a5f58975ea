/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * metrics: the verb that prints the daemon's numbers for Prometheus.
 */
#ifndef ECHOD_ECHOCTL_METRICS_H
#define ECHOD_ECHOCTL_METRICS_H

struct options;
struct session;

/* -EINVAL with options->message. */
int metrics_check(struct options *options);
/* Prints them, or with --output puts them into a file: whoever reads that sees the old numbers or the
 * new ones, each whole. An exit code. */
int metrics_run(struct session *session);

#endif
