/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers: the daemon's answers on the control socket, between handlers*.c. Everything else sees
 * handlers_open() in master.h only.
 */
#ifndef ECHOD_HANDLERS_H
#define ECHOD_HANDLERS_H

#include <jansson.h>
#include <stdint.h>

#include "src/echod/page_rates.h"

struct control_call;
struct http_reply;
struct master;

/* Puts value, whose reference is taken, behind the array's last item or under that name. NULL, with
 * nothing left of either, when one of them is NULL or there is no memory: a reply is whole or none. */
json_t *handlers_append(json_t *array, json_t *value);
json_t *handlers_set(json_t *object, const char *name, json_t *value);

/* The replies of GetStatus and ListListeners; NULL = no memory. The caller's reference. */
json_t *handlers_status(const struct master *m);
json_t *handlers_listeners(const struct master *m);

/* The methods that list and close connections; user is the master. Answered when it is done. */
void handlers_list_connections(struct control_call *call, void *user);
void handlers_get_connection(struct control_call *call, void *user);
void handlers_close_connections(struct control_call *call, void *user);
/* The drain in it: null when there was none. */
json_t *handlers_drain_row(const struct master *m);

/* The methods Drain, Resume and Stop. */
void handlers_drain(struct control_call *call, void *user);
void handlers_resume(struct control_call *call, void *user);
void handlers_stop(struct control_call *call, void *user);

/* The method GetConfig. */
void handlers_get_config(struct control_call *call, void *user);

/* The method SetLogLevel. */
void handlers_set_log_level(struct control_call *call, void *user);
/* The log's level in the status. */
json_t *handlers_log_row(const struct master *m);

/* The methods GetRefusals and TestAcl. */
void handlers_get_refusals(struct control_call *call, void *user);
void handlers_test_acl(struct control_call *call, void *user);

/* The methods WatchStatus and WatchEvents, which go on until the client goes. */
void handlers_watch_status(struct control_call *call, void *user);
void handlers_watch_events(struct control_call *call, void *user);

/* The method Reload: answered when it is over. */
void handlers_reload(struct control_call *call, void *user);
/* How the last one ended, or null. The same. */
json_t *handlers_last_reload(const struct master *m);

/* The text that GetMetrics answers with; NULL = no memory. free() it. */
char *handlers_metrics(const struct master *m);
/* The status page of this answer of GetStatus, which takes note that it was looked at. The same. */
char *handlers_page(const json_t *status, struct page_rates *rates, int64_t now_ms);
/* What there is at each path of the HTTP side; user is the master (http_answer). */
int handlers_http(const char *path, struct http_reply *ret_reply, void *user);

#endif
