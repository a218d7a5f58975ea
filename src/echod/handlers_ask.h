/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_ask: one method, asked of every worker that there is. A worker that dies has answered.
 */
#ifndef ECHOD_HANDLERS_ASK_H
#define ECHOD_HANDLERS_ASK_H

#include <jansson.h>

struct control_call;
struct master;

/* The reference to parameters is taken. When all have answered, or had the time to: done() is called
 * and then the control client's call answered, with WorkerTimeout if one was late; either may be
 * NULL. The client's call is kept until then. A worker that cannot be asked is let go, and replaced.
 * -ENOMEM: nobody was asked, and the call has been answered so. */
int workers_ask(struct master *m, const char *method, json_t *parameters, struct control_call *call,
		void (*done)(struct master *m));

#endif
