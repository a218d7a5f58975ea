/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config: the daemon's configuration as values, from a libconfig file or from HOST PORT.
 *
 * One table (config_table.c) names every key with its type, default, range, reload class and help;
 * the loader walks the file by it and reports all wrong values and unknown keys in one go. All
 * durations are milliseconds and all sizes bytes, 0 = off unless a comment says otherwise.
 */
#ifndef ECHOD_CONFIG_H
#define ECHOD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "echod/guard.h"
#include "echod/log.h"
#include "echod/net.h"
#include "echod/service.h"

enum {
	CONFIG_ENDPOINTS_MAX = 256, /* endpoints of one configuration */
	CONFIG_WORKERS_MAX = 256,
	CONFIG_KEYS_MAX = 64 /* rows of the table of keys, at most */
};

/* Where an effective value came from. */
enum config_origin_kind {
	CONFIG_FROM_DEFAULT,
	CONFIG_FROM_FILE,
	CONFIG_FROM_OPTION /* the command line */
};

struct config_origin {
	const char *file; /* with CONFIG_FROM_FILE; the configuration's string */
	int line;
	enum config_origin_kind kind;
	bool refused; /* while loading: the value was wrong, the mistake is noted */
};

struct config_strings {
	char **items;
	size_t length;
};

struct config_ports {
	uint16_t *items;
	size_t length;
};

struct config_networks {
	struct guard_network *items;
	size_t length;
};

enum config_proxy {
	CONFIG_PROXY_OFF,
	CONFIG_PROXY_V1,
	CONFIG_PROXY_V2,
	CONFIG_PROXY_ANY
};

struct config_listener {
	char *name;
	struct config_strings address; /* numeric, "*", or one absolute path with unix */
	int64_t port;
	unsigned transports; /* enum service_transport */
	const struct service *service;
	int64_t backlog;
	int64_t max_connections, max_connections_per_source, accept_rate, accept_burst;
	struct config_networks allow, deny;
	int64_t max_pending;
	int64_t idle_ms, first_byte_ms, lifetime_ms, stall_ms;
	int64_t socket_mode;
	int64_t proxy_protocol; /* enum config_proxy */
	struct config_networks proxy_trusted;
	int64_t proxy_ms;
	bool keep_alive;
	int64_t max_content;
	char *search_dictionary;   /* "" = the tutorial's */
	struct json_t *dictionary; /* what is in it, jansson's; NULL with "" */
	int64_t udp_rate, udp_burst;
	bool udp_amplify;
	const char *file; /* where its group begins; the configuration's string */
	int line;
	struct config_origin origins[CONFIG_KEYS_MAX]; /* by row of the table of keys */
};

enum config_log_target {
	CONFIG_LOG_AUTO,
	CONFIG_LOG_STDERR,
	CONFIG_LOG_SYSLOG,
	CONFIG_LOG_JOURNAL,
	CONFIG_LOG_FILE
};

struct config {
	char *user, *group;   /* "" = none named */
	int64_t workers;      /* 0 = one per CPU of our affinity mask */
	char *selector;	      /* "auto" or a back end's name */
	char *pid_file;	      /* "" = the default place */
	char *control_socket; /* "" = the default place */
	int64_t control_socket_mode;
	char *control_group;
	struct config_strings operate_groups, admin_groups;
	int64_t log_to; /* enum config_log_target */
	char *log_file;
	int64_t log_level; /* enum log_level */
	bool log_access;
	int64_t drain_timeout_ms; /* 0 = off: see config_drain_ms() */
	int64_t max_pending_total;
	int64_t max_connections, max_connections_per_source, accept_rate, accept_burst;
	int64_t source_prefix_ipv4, source_prefix_ipv6; /* bits */
	struct config_ports reflector_ports;
	char *metrics_listen; /* "127.0.0.1:9007"; "" = no HTTP */
	struct config_listener *listeners;
	size_t n_listeners;
	char *file;		     /* absolute; NULL when made from HOST PORT */
	struct config_strings files; /* it and its includes: owner of every file name used above */
	struct config_origin origins[CONFIG_KEYS_MAX]; /* by row of the table of keys */
};

/* One mistake. line 0 = the file as a whole. */
struct config_error {
	char *file;
	int line;
	char *message;
};

struct config_errors {
	struct config_error *items;
	size_t length;
};

/* Reads the file. 0, or -EINVAL with every mistake in *errors (also when the file cannot be read).
 * -ENOMEM. *ret_config is filled only on success; release it with config_fini(). A relative name is
 * taken from the current directory; names in *errors are absolute. */
int config_load(const char *file, struct config *ret_config, struct config_errors *errors);
/* The configuration of `echod HOST PORT`: one listener "echo", HOST resolved (empty or "*" = all
 * addresses). Same results; the mistakes have no file. */
int config_from_arguments(const char *host, const char *port, struct config *ret_config,
			  struct config_errors *errors);
void config_fini(struct config *config);

/* How long a stop lets connections go on; "off" is ten years, with which one can still reckon. */
int64_t config_drain_ms(const struct config *config);

/* The keys of class restart whose values differ, in the table's order; release with
 * config_strings_fini(). True when there are any. -ENOMEM shows as a shorter list. */
bool config_needs_restart(const struct config *old_config, const struct config *new_config,
			  struct config_strings *ret_keys);

/* Appends a copy. 0 or -ENOMEM. */
int config_strings_add(struct config_strings *strings, const char *text);
void config_strings_fini(struct config_strings *strings);
int config_ports_add(struct config_ports *ports, uint16_t port);
/* Valid UTF-8 without control characters: what can be logged and sent as JSON. */
bool config_is_text(const char *text);

/* Appends a mistake; message is printf-like, file may be NULL. */
int config_errors_add(struct config_errors *errors, const char *file, int line, const char *format,
		      ...) PRINTF_LIKE(4, 5);
void config_errors_fini(struct config_errors *errors);
/* "FILE:LINE: message", "FILE: message" or "message" on this stream, a line each. */
void config_errors_print(const struct config_errors *errors, FILE *stream);

#endif
