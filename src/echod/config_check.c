/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * What values mean together: addresses that fit their transport, limits that it can have, endpoints
 * that do not overlap, a log file where one is needed. Each mistake is noted at the value that caused
 * it.
 */
#include "build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_load.h"
#include "config_table.h"
#include "echod/attr.h"
#include "echod/selector.h"

/* What a listener would bind. */
struct endpoint {
	const struct config_listener *listener; /* whose transports it has */
	struct net_address address;
};

struct check {
	const struct config *config;
	struct config_errors *errors;
	struct endpoint endpoints[CONFIG_ENDPOINTS_MAX];
	size_t n_endpoints;
	bool too_many;
};

/* ---- Notes ---- */

static const struct config_origin *
origin_of(const struct check *c, const struct config_listener *listener, const char *key)
{
	return config_key_origin(config_key_find(key, listener != NULL), c->config, listener);
}

/* Notes a mistake at the place of this key's value, or at the listener's when it is a default. */
PRINTF_LIKE(4, 5)
static int refuse(const struct check *c, const struct config_listener *listener, const char *key,
		  const char *format, ...)
{
	const struct config_origin *origin = origin_of(c, listener, key);
	bool in_file = origin->kind == CONFIG_FROM_FILE;
	const char *file = in_file || !listener ? origin->file : listener->file;
	int line = in_file || !listener ? origin->line : listener->line;
	CLEANUP_FREE char *message = NULL;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&message, format, arguments);
	va_end(arguments);
	if (n < 0) {
		message = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	if (!listener)
		return config_errors_add(c->errors, file, line, "%s: %s", key, message);
	return config_errors_add(c->errors, file, line, "listeners.%s.%s: %s", listener->name, key,
				 message);
}

static bool is_set(const struct check *c, const struct config_listener *listener, const char *key)
{
	return origin_of(c, listener, key)->kind != CONFIG_FROM_DEFAULT;
}

/* ---- Endpoints ---- */

#define MAPPED_TEXT "'%s' is an IPv4 address in IPv6 form; write it as IPv4"

static bool is_mapped(const struct net_address *address)
{
	return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->ipv6.sin6_addr);
}

/* Could not both be bound: the same, or one of them all addresses of the family and port. */
static bool overlap(const struct endpoint *a, const struct endpoint *b)
{
	if (a->address.any.sa_family != b->address.any.sa_family ||
	    !(a->listener->transports & b->listener->transports))
		return false;
	if (a->address.any.sa_family == AF_UNIX)
		return net_equal(&a->address, &b->address);
	if (net_port(&a->address) != net_port(&b->address))
		return false;
	/* Port 0 is another one for each listener. */
	if (net_port(&a->address) == 0 && a->listener != b->listener)
		return false;
	return net_is_any(&a->address) || net_is_any(&b->address) ||
	       net_equal(&a->address, &b->address);
}

static int refuse_overlap(const struct check *c, const struct endpoint *new_one,
			  const struct endpoint *other)
{
	const struct config_listener *with = other->listener;

	if (with == new_one->listener)
		return refuse(c, new_one->listener, "address",
			      "two of the addresses are the same, or one includes the other");
	if (with->file)
		return refuse(c, new_one->listener, "address",
			      "the same address and port as listener '%s' at %s:%d", with->name,
			      with->file, with->line);
	return refuse(c, new_one->listener, "address", "the same address and port as listener '%s'",
		      with->name);
}

static int add_endpoint(struct check *c, const struct config_listener *listener,
			const struct net_address *address)
{
	struct endpoint *e;

	if (c->n_endpoints == CONFIG_ENDPOINTS_MAX) {
		if (c->too_many)
			return 0;
		c->too_many = true;
		return refuse(c, listener, "address",
			      "with this the configuration has more than %d endpoints",
			      CONFIG_ENDPOINTS_MAX);
	}
	e = &c->endpoints[c->n_endpoints];
	*e = (struct endpoint){ listener, *address };
	for (size_t i = 0; i < c->n_endpoints; i++)
		if (overlap(e, &c->endpoints[i]))
			return refuse_overlap(c, e, &c->endpoints[i]);
	c->n_endpoints++;
	return 0;
}

/* ---- A listener ---- */

static int check_all_addresses(struct check *c, const struct config_listener *listener)
{
	struct net_address any;
	int r;

	net_any(AF_INET, (uint16_t)listener->port, &any);
	r = add_endpoint(c, listener, &any);
	if (r < 0)
		return r;
	net_any(AF_INET6, (uint16_t)listener->port, &any);
	return add_endpoint(c, listener, &any);
}

static int check_address(struct check *c, const struct config_listener *listener, const char *text)
{
	struct net_address address;

	if (!strcmp(text, "*"))
		return check_all_addresses(c, listener);
	if (text[0] == '/')
		return refuse(c, listener, "address",
			      "'%s' is a path; that needs transport \"unix\"", text);
	if (net_parse(text, (uint16_t)listener->port, &address) < 0)
		return refuse(c, listener, "address", "'%s' is neither a numeric address nor \"*\"",
			      text);
	if (is_mapped(&address))
		return refuse(c, listener, "address", MAPPED_TEXT, text);
	return add_endpoint(c, listener, &address);
}

static int check_internet(struct check *c, const struct config_listener *listener)
{
	int r = 0;

	if (is_set(c, listener, "socket-mode"))
		r = refuse(c, listener, "socket-mode", "only transport \"unix\" has one");
	if (!r && listener->address.length == 0)
		r = refuse(c, listener, "address", "no address is in it");
	for (size_t i = 0; !r && i < listener->address.length; i++)
		r = check_address(c, listener, listener->address.items[i]);
	return r;
}

static int check_path(struct check *c, const struct config_listener *listener, const char *path)
{
	struct net_address address;

	if (path[0] != '/')
		return refuse(c, listener, "address",
			      "'%s': transport \"unix\" needs an absolute path", path);
	switch (net_parse_path(path, &address)) {
	case 0:
		return add_endpoint(c, listener, &address);
	case -ENAMETOOLONG:
		return refuse(c, listener, "address",
			      "the path is longer than a Unix socket's can be (%zu bytes): %s",
			      sizeof(address.path.sun_path) - 1, path);
	default:
		return refuse(c, listener, "address", "'%s' cannot be a socket's path", path);
	}
}

static int check_unix(struct check *c, const struct config_listener *listener)
{
	int r = 0;

	if (is_set(c, listener, "port"))
		r = refuse(c, listener, "port", "transport \"unix\" has none");
	if (r < 0)
		return r;
	if (!is_set(c, listener, "address") || listener->address.length != 1)
		return refuse(c, listener, "address", "transport \"unix\" needs one absolute path");
	return check_path(c, listener, listener->address.items[0]);
}

static int check_transports(const struct check *c, const struct config_listener *listener)
{
	if (listener->transports == 0)
		return refuse(c, listener, "transport", "no transport is in it");
	if ((listener->transports & SERVICE_UNIX) && listener->transports != SERVICE_UNIX)
		return refuse(c, listener, "transport", "\"unix\" stands alone");
	if (listener->service && (listener->transports & ~listener->service->transports))
		return refuse(c, listener, "transport", "the service '%s' has no such transport",
			      listener->service->name);
	return 0;
}

/* Nobody is trusted by default; over a Unix socket, its permissions say who may connect. */
static int check_proxy(const struct check *c, const struct config_listener *listener)
{
	if (listener->proxy_protocol == CONFIG_PROXY_OFF)
		return 0;
	if (listener->transports == SERVICE_UDP)
		return refuse(c, listener, "proxy-protocol",
			      "transport \"udp\" has none: whoever can send would be answered");
	if (listener->proxy_trusted.length > 0 || origin_of(c, listener, "proxy-trusted")->refused)
		return 0;
	return refuse(c, listener, "proxy-protocol",
		      "it needs proxy-trusted to name the networks of the proxies");
}

/* What only one service reads is a mistake with any other. */
static int check_service(const struct check *c, const struct config_listener *listener)
{
	static const char *const of_message[] = { "keep-alive", "max-content",
						  "search-dictionary" };
	int r = 0;

	if (!listener->service || listener->service == &service_message)
		return 0;
	for (size_t i = 0; !r && i < ARRAY_LENGTH(of_message); i++)
		if (is_set(c, listener, of_message[i]))
			r = refuse(c, listener, of_message[i], "only service \"message\" has one");
	return r;
}

/* What a transport has nothing to apply to is a mistake with it: who sets a limit relies on it. */
static int refuse_set(const struct check *c, const struct config_listener *listener,
		      const char *const *keys, const char *reason)
{
	int r = 0;

	for (; !r && *keys; keys++)
		if (is_set(c, listener, *keys) && !origin_of(c, listener, *keys)->refused)
			r = refuse(c, listener, *keys, "%s", reason);
	return r;
}

static int check_limits(const struct check *c, const struct config_listener *listener)
{
	static const char *const of_connections[] = { "backlog",
						      "max-connections",
						      "max-connections-per-source",
						      "accept-rate",
						      "accept-burst",
						      "max-pending",
						      "idle-timeout",
						      "lifetime",
						      "stall-timeout",
						      "first-byte-timeout",
						      "proxy-timeout",
						      NULL };
	static const char *const of_addresses[] = {
		"max-connections-per-source", "accept-rate", "accept-burst", "allow", "deny", NULL
	};

	if (listener->transports == SERVICE_UDP)
		return refuse_set(c, listener, of_connections,
				  "transport \"udp\" has no connections");
	if (listener->transports == SERVICE_UNIX && listener->proxy_protocol == CONFIG_PROXY_OFF &&
	    !origin_of(c, listener, "proxy-protocol")->refused)
		return refuse_set(c, listener, of_addresses,
				  "transport \"unix\" has no addresses, unless a proxy names them");
	return 0;
}

/* Values that were refused say nothing about the others. */
static int check_listener(struct check *c, const struct config_listener *listener)
{
	size_t before;
	int r = check_service(c, listener);

	if (r < 0 || origin_of(c, listener, "transport")->refused)
		return r;
	before = c->errors->length;
	r = check_transports(c, listener);
	if (!r && c->errors->length == before)
		r = check_limits(c, listener);
	if (r < 0 || c->errors->length > before || origin_of(c, listener, "address")->refused ||
	    origin_of(c, listener, "port")->refused)
		return r;
	if (listener->transports == SERVICE_UNIX)
		return check_unix(c, listener);
	r = check_proxy(c, listener);
	return r < 0 ? r : check_internet(c, listener);
}

/* ---- The globals ---- */

static int check_selector(const struct check *c)
{
	const char *const *names = selector_names();
	const char *wanted = c->config->selector;

	if (!wanted || !strcmp(wanted, "auto"))
		return 0;
	for (; *names; names++)
		if (!strcmp(*names, wanted))
			return 0;
	return refuse(c, NULL, "selector", "'%s' is not built into this echod", wanted);
}

static int check_log(const struct check *c)
{
	if (origin_of(c, NULL, "log.to")->refused || origin_of(c, NULL, "log.file")->refused)
		return 0;
	if (c->config->log_to == CONFIG_LOG_FILE && c->config->log_file[0] == '\0')
		return refuse(c, NULL, "log.to", "\"file\" needs log.file to name one");
	return 0;
}

static int check_control(const struct check *c)
{
	struct net_address address;

	if (!c->config->control_socket || c->config->control_socket[0] == '\0')
		return 0;
	if (net_parse_path(c->config->control_socket, &address) == -ENAMETOOLONG)
		return refuse(c, NULL, "control.socket",
			      "the path is longer than a Unix socket's can be (%zu bytes)",
			      sizeof(address.path.sun_path) - 1);
	return 0;
}

/* The port of a listener that serves over TCP is taken. */
static int check_metrics_overlap(const struct check *c, const struct net_address *address)
{
	static const struct config_listener http = { .transports = SERVICE_TCP };
	const struct endpoint wanted = { &http, *address };

	for (size_t i = 0; i < c->n_endpoints; i++)
		if (overlap(&wanted, &c->endpoints[i]))
			return refuse(c, NULL, "metrics-listen",
				      "the same address and port as listener '%s'",
				      c->endpoints[i].listener->name);
	return 0;
}

static int check_metrics(const struct check *c)
{
	const char *text = c->config->metrics_listen;
	struct net_address address;

	if (!text || net_parse_with_port(text, &address) < 0)
		return 0;
	if (strcmp(ECHOD_LIBMICROHTTPD, "yes") != 0)
		return refuse(c, NULL, "metrics-listen",
			      "this echod was built without HTTP (libmicrohttpd)");
	if (is_mapped(&address))
		return refuse(c, NULL, "metrics-listen", MAPPED_TEXT, text);
	return check_metrics_overlap(c, &address);
}

int config_check(const struct config *config, struct config_errors *errors)
{
	struct check *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->config = config;
	c->errors = errors;
	r = check_selector(c);
	if (!r)
		r = check_log(c);
	if (!r)
		r = check_control(c);
	for (size_t i = 0; !r && i < config->n_listeners; i++)
		r = check_listener(c, &config->listeners[i]);
	if (!r)
		r = check_metrics(c);
	free(c);
	return r;
}
