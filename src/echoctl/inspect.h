/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * inspect: the verbs that look into the daemon. Each returns an enum exit_code.
 */
#ifndef ECHOD_ECHOCTL_INSPECT_H
#define ECHOD_ECHOCTL_INSPECT_H

struct options;
struct session;

int check_acl(struct options *options);
int run_acl(struct session *session);
/* In config.c. */
int run_config(struct session *session);
/* In refusals.c. */
int run_refusals(struct session *session);
/* In wait.c. It opens the session itself. */
int check_wait(struct options *options);
int run_wait(struct session *session);
/* In methods.c. */
int run_methods(struct session *session);
/* In call.c. */
int check_call(struct options *options);
int run_call(struct session *session);
/* In top.c. */
int check_top(struct options *options);
int run_top(struct session *session);
/* In events.c. The kinds: -EINVAL with options->message. */
int check_events(struct options *options);
int run_events(struct session *session);

#endif
