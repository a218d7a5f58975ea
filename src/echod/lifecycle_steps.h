/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * lifecycle_steps: what lifecycle.c's table puts in order. Each start returns 0, or the exit code with
 * the reason written to why and what it did itself undone; each end undoes its start.
 */
#ifndef ECHOD_LIFECYCLE_STEPS_H
#define ECHOD_LIFECYCLE_STEPS_H

#include <stdio.h>

struct config;
struct master;
struct options;

/* "WHAT: what the error means" to why. Returns EXIT_STARTED_NOT. error is -errno. */
int lifecycle_fail(FILE *why, int error, const char *what);
/* What options and file ask for; 0, or EXIT_CONFIG with every mistake written to why. */
int lifecycle_load(const struct options *options, struct config *ret_config, FILE *why);

/* ---- lifecycle_process.c ---- */

int lifecycle_start_config(struct master *m, FILE *why);
void lifecycle_end_config(struct master *m);
int lifecycle_start_identity(struct master *m, FILE *why);
void lifecycle_end_identity(struct master *m);
int lifecycle_start_places(struct master *m, FILE *why);
void lifecycle_end_places(struct master *m);
int lifecycle_start_background(struct master *m, FILE *why);
int lifecycle_start_signals(struct master *m, FILE *why);
void lifecycle_end_signals(struct master *m);
int lifecycle_start_log(struct master *m, FILE *why);
void lifecycle_end_log(struct master *m);
int lifecycle_start_pidfile(struct master *m, FILE *why);
void lifecycle_end_pidfile(struct master *m);
int lifecycle_start_privileges(struct master *m, FILE *why);

/* ---- lifecycle_service.c ---- */

int lifecycle_start_loop(struct master *m, FILE *why);
void lifecycle_end_loop(struct master *m);
int lifecycle_start_control(struct master *m, FILE *why);
void lifecycle_end_control(struct master *m);
int lifecycle_start_endpoints(struct master *m, FILE *why);
void lifecycle_end_endpoints(struct master *m);
int lifecycle_start_shared(struct master *m, FILE *why);
void lifecycle_end_shared(struct master *m);
int lifecycle_start_site(struct master *m, FILE *why);
void lifecycle_end_site(struct master *m);
int lifecycle_start_workers(struct master *m, FILE *why);
void lifecycle_end_workers(struct master *m);
int lifecycle_start_ready(struct master *m, FILE *why);

#endif
