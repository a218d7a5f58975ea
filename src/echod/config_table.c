/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The rows. What always holds: names are unique in their scope, global rows come before those of a
 * listener, a default is a value that the loader itself accepts, and help is one line.
 */
#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "config_table.h"
#include "echod/attr.h"
#include "echod/message.h"

#define OF_CONFIG(member)	.offset = offsetof(struct config, member)
#define OF_LISTENER(member)	.of_listener = true, .offset = offsetof(struct config_listener, member)
#define RANGE(low, high)	.min = (low), .max = (high)
#define RANGE_OR_OFF(low, high) .min = (low), .max = (high), .may_be_off = true

#define KIB	INT64_C(1024)
#define GIB	(KIB * KIB * KIB)
#define YEAR_MS (INT64_C(8760) * 3600 * 1000)
#define BILLION INT64_C(1000000000)
#define MILLION INT64_C(1000000)

static const char *const selector_words[] = { "auto", "epoll", "poll", "select", NULL };
/* In the order of enum config_log_target. */
static const char *const log_to_words[] = { "auto", "stderr", "syslog", "journal", "file", NULL };
/* In the order of enum log_level. */
static const char *const proxy_words[] = { "off", "v1", "v2", "any", NULL };

static const char *const log_level_words[] = {
	"error", "warning", "notice", "info", "debug", NULL
};

static_assert(ARRAY_LENGTH(log_to_words) == CONFIG_LOG_FILE + 2, "a word for each log target");
static_assert(ARRAY_LENGTH(proxy_words) == CONFIG_PROXY_ANY + 2, "a word for each choice");
static_assert(ARRAY_LENGTH(log_level_words) == LOG_LEVEL_DEBUG + 2, "a word for each log level");

const struct config_transport config_transports[] = {
	{ "tcp", SERVICE_TCP },
	{ "udp", SERVICE_UDP },
	{ "unix", SERVICE_UNIX },
	{ NULL, 0 },
};

static const struct config_key keys[] = {
	{ "user", KIND_NAME, CONFIG_RESTART, OF_CONFIG(user), .default_text = "\"echod\"",
	  .help = "the user to become when started as root; \"root\" stays root" },
	{ "group", KIND_NAME, CONFIG_RESTART, OF_CONFIG(group), .default_text = "\"\"",
	  .help = "the group to become when started as root; empty is the user's own" },
	{ "workers", KIND_INTEGER, CONFIG_RESTART, OF_CONFIG(workers), .default_text = "0",
	  RANGE(0, CONFIG_WORKERS_MAX),
	  .help = "worker processes; 0 is one for each CPU we may use" },
	{ "selector", KIND_WORD, CONFIG_RESTART, OF_CONFIG(selector), .default_text = "\"auto\"",
	  .words = selector_words, .help = "the event back end; auto takes the best there is" },
	{ "pid-file", KIND_PATH, CONFIG_RESTART, OF_CONFIG(pid_file), .default_text = "\"\"",
	  .help = "the PID file; empty is echod.pid in the run-time directory" },
	{ "control.socket", KIND_PATH, CONFIG_RESTART, OF_CONFIG(control_socket),
	  .default_text = "\"\"",
	  .help = "the control socket; empty is control.sock in the run-time directory" },
	{ "control.socket-mode", KIND_MODE, CONFIG_RESTART, OF_CONFIG(control_socket_mode),
	  .default_text = "\"0660\"", RANGE(0, 0777), .help = "permissions of the control socket" },
	{ "control.group", KIND_NAME, CONFIG_RESTART, OF_CONFIG(control_group),
	  .default_text = "\"\"", .help = "the group that owns the control socket" },
	{ "control.operate-groups", KIND_NAMES, CONFIG_RESTART, OF_CONFIG(operate_groups),
	  .default_text = "[]", .help = "groups whose members may operate the daemon" },
	{ "control.admin-groups", KIND_NAMES, CONFIG_RESTART, OF_CONFIG(admin_groups),
	  .default_text = "[]", .help = "groups whose members may administer the daemon" },
	{ "log.to", KIND_CHOICE, CONFIG_LIVE, OF_CONFIG(log_to), .default_text = "\"auto\"",
	  .words = log_to_words, .help = "where log lines go; auto follows how echod was started" },
	{ "log.file", KIND_PATH, CONFIG_LIVE, OF_CONFIG(log_file), .default_text = "\"\"",
	  .help = "the log file when log.to is \"file\"" },
	{ "log.level", KIND_CHOICE, CONFIG_LIVE, OF_CONFIG(log_level), .default_text = "\"info\"",
	  .words = log_level_words, .help = "the most talkative level that is logged" },
	{ "log.access", KIND_BOOL, CONFIG_LIVE, OF_CONFIG(log_access), .default_text = "false",
	  .help = "whether each connection gets a line when it ends" },
	{ "drain-timeout", KIND_DURATION, CONFIG_LIVE, OF_CONFIG(drain_timeout_ms),
	  .default_text = "\"5s\"", RANGE_OR_OFF(1, YEAR_MS),
	  .help = "how long a stop lets live connections finish" },
	{ "max-pending-total", KIND_SIZE, CONFIG_LIVE, OF_CONFIG(max_pending_total),
	  .default_text = "\"64m\"", RANGE_OR_OFF(KIB, 1024 * GIB),
	  .help = "bytes kept for all connections together, unsent or not yet served" },
	{ "max-connections", KIND_COUNT, CONFIG_NEW_CONNECTIONS, OF_CONFIG(max_connections),
	  .default_text = "\"off\"", RANGE_OR_OFF(1, BILLION),
	  .help = "connections of the whole daemon at one time" },
	{ "max-connections-per-source", KIND_COUNT, CONFIG_NEW_CONNECTIONS,
	  OF_CONFIG(max_connections_per_source), .default_text = "\"off\"",
	  RANGE_OR_OFF(1, BILLION), .help = "connections of one source at one time" },
	{ "accept-rate", KIND_COUNT, CONFIG_NEW_CONNECTIONS, OF_CONFIG(accept_rate),
	  .default_text = "\"off\"", RANGE_OR_OFF(1, MILLION),
	  .help = "connections that one source may open per second" },
	{ "accept-burst", KIND_COUNT, CONFIG_NEW_CONNECTIONS, OF_CONFIG(accept_burst),
	  .default_text = "100", RANGE(1, MILLION),
	  .help = "how many of them it may open at once" },
	{ "source-prefix-ipv4", KIND_INTEGER, CONFIG_NEW_CONNECTIONS, OF_CONFIG(source_prefix_ipv4),
	  .default_text = "32", RANGE(1, 32),
	  .help = "how many bits of an IPv4 address are a source" },
	{ "source-prefix-ipv6", KIND_INTEGER, CONFIG_NEW_CONNECTIONS, OF_CONFIG(source_prefix_ipv6),
	  .default_text = "56", RANGE(1, 128),
	  .help = "how many bits of an IPv6 address are a source" },
	{ "reflector-ports", KIND_PORTS, CONFIG_LIVE, OF_CONFIG(reflector_ports),
	  .default_text = "[ 7, 13, 17, 19, 37, 53, 69, 123, 1900, 5353, 11211 ]", RANGE(0, 65535),
	  .help = "source ports whose datagrams are never answered" },
	{ "metrics-listen", KIND_ENDPOINT, CONFIG_LIVE, OF_CONFIG(metrics_listen),
	  .default_text = "\"\"",
	  .help = "address and port of metrics and status over HTTP; empty is none" },

	{ "address", KIND_ADDRESSES, CONFIG_NEW_CONNECTIONS, OF_LISTENER(address),
	  .default_text = "[ \"127.0.0.1\", \"::1\" ]",
	  .help = "numeric addresses, \"*\" for all; one absolute path with unix" },
	{ "port", KIND_INTEGER, CONFIG_NEW_CONNECTIONS, OF_LISTENER(port), .default_text = "7",
	  RANGE(0, 65535), .help = "the port; 0 lets the kernel choose one" },
	{ "transport", KIND_TRANSPORTS, CONFIG_NEW_CONNECTIONS, OF_LISTENER(transports),
	  .default_text = "[ \"tcp\" ]", .help = "tcp, udp or both; or unix alone" },
	{ "service", KIND_SERVICE, CONFIG_NEW_CONNECTIONS, OF_LISTENER(service),
	  .default_text = "\"echo\"", .help = "what is done with the bytes" },
	{ "backlog", KIND_INTEGER, CONFIG_NEW_CONNECTIONS, OF_LISTENER(backlog),
	  .default_text = "4096", RANGE(1, 65535),
	  .help = "connections that may wait to be accepted; the kernel may cut it" },
	{ "max-connections", KIND_COUNT, CONFIG_NEW_CONNECTIONS, OF_LISTENER(max_connections),
	  .default_text = "\"off\"", RANGE_OR_OFF(1, BILLION),
	  .help = "connections of this listener at one time" },
	{ "max-connections-per-source", KIND_COUNT, CONFIG_NEW_CONNECTIONS,
	  OF_LISTENER(max_connections_per_source), .default_text = "\"off\"",
	  RANGE_OR_OFF(1, BILLION), .help = "connections of one source at one time here" },
	{ "accept-rate", KIND_COUNT, CONFIG_NEW_CONNECTIONS, OF_LISTENER(accept_rate),
	  .default_text = "\"off\"", RANGE_OR_OFF(1, MILLION),
	  .help = "connections that one source may open here per second" },
	{ "accept-burst", KIND_COUNT, CONFIG_NEW_CONNECTIONS, OF_LISTENER(accept_burst),
	  .default_text = "100", RANGE(1, MILLION),
	  .help = "how many of them it may open here at once" },
	{ "allow", KIND_NETWORKS, CONFIG_LIVE, OF_LISTENER(allow), .default_text = "[]",
	  .help = "networks that may connect; empty is all" },
	{ "deny", KIND_NETWORKS, CONFIG_LIVE, OF_LISTENER(deny), .default_text = "[]",
	  .help = "networks that may not connect; wins over allow" },
	{ "max-pending", KIND_SIZE, CONFIG_LIVE, OF_LISTENER(max_pending),
	  .default_text = "\"256k\"", RANGE(KIB, GIB),
	  .help = "unsent bytes of one connection; at it reading stops" },
	{ "idle-timeout", KIND_DURATION, CONFIG_LIVE, OF_LISTENER(idle_ms),
	  .default_text = "\"off\"", RANGE_OR_OFF(1, YEAR_MS),
	  .help = "how long a connection may be silent" },
	{ "first-byte-timeout", KIND_DURATION, CONFIG_LIVE, OF_LISTENER(first_byte_ms),
	  .default_text = "\"off\"", RANGE_OR_OFF(1, YEAR_MS),
	  .help = "how long a new connection may say nothing" },
	{ "lifetime", KIND_DURATION, CONFIG_LIVE, OF_LISTENER(lifetime_ms),
	  .default_text = "\"off\"", RANGE_OR_OFF(1, YEAR_MS),
	  .help = "how long a connection may last" },
	{ "stall-timeout", KIND_DURATION, CONFIG_LIVE, OF_LISTENER(stall_ms),
	  .default_text = "\"60s\"", RANGE_OR_OFF(1, YEAR_MS),
	  .help = "how long a peer may take nothing of what it is owed" },
	{ "socket-mode", KIND_MODE, CONFIG_NEW_CONNECTIONS, OF_LISTENER(socket_mode),
	  .default_text = "\"0666\"", RANGE(0, 0777),
	  .help = "permissions of a Unix listener's socket" },
	{ "proxy-protocol", KIND_CHOICE, CONFIG_NEW_CONNECTIONS, OF_LISTENER(proxy_protocol),
	  .default_text = "\"off\"", .words = proxy_words,
	  .help = "whether connections begin with a proxy's header, and which" },
	{ "proxy-trusted", KIND_NETWORKS, CONFIG_NEW_CONNECTIONS, OF_LISTENER(proxy_trusted),
	  .default_text = "[]", .help = "networks of the proxies; others are refused" },
	{ "proxy-timeout", KIND_DURATION, CONFIG_NEW_CONNECTIONS, OF_LISTENER(proxy_ms),
	  .default_text = "\"5s\"", RANGE_OR_OFF(1, YEAR_MS),
	  .help = "how long the header may take" },
	{ "keep-alive", KIND_BOOL, CONFIG_LIVE, OF_LISTENER(keep_alive), .default_text = "false",
	  .help = "message: whether a connection may ask more than once" },
	{ "max-content", KIND_SIZE, CONFIG_LIVE, OF_LISTENER(max_content), .default_text = "\"1m\"",
	  RANGE(1, MESSAGE_CONTENT_MAX), .help = "message: how long a request's content may be" },
	{ "search-dictionary", KIND_PATH, CONFIG_LIVE, OF_LISTENER(search_dictionary),
	  .default_text = "\"\"",
	  .help = "message: a JSON object of what a search finds; empty is the tutorial's" },
	{ "udp-rate", KIND_COUNT, CONFIG_LIVE, OF_LISTENER(udp_rate), .default_text = "1000",
	  RANGE_OR_OFF(1, MILLION),
	  .help = "datagrams of one source that are answered per second" },
	{ "udp-burst", KIND_COUNT, CONFIG_LIVE, OF_LISTENER(udp_burst), .default_text = "2000",
	  RANGE(1, MILLION), .help = "how many of them are answered at once" },
	{ "udp-amplify", KIND_BOOL, CONFIG_LIVE, OF_LISTENER(udp_amplify), .default_text = "false",
	  .help = "whether an answer may be longer than its datagram" },
};
static_assert(ARRAY_LENGTH(keys) <= CONFIG_KEYS_MAX, "origins have a place for each row");

const struct config_key *config_keys(size_t *ret_length)
{
	*ret_length = ARRAY_LENGTH(keys);
	return keys;
}

const struct config_key *config_key_find(const char *name, bool of_listener)
{
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (keys[i].of_listener == of_listener && !strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

void *config_key_value(const struct config_key *key, void *base)
{
	return (char *)base + key->offset;
}

const void *config_key_value_const(const struct config_key *key, const void *base)
{
	return (const char *)base + key->offset;
}

const struct config_origin *config_key_origin(const struct config_key *key,
					      const struct config *config,
					      const struct config_listener *listener)
{
	return (listener ? listener->origins : config->origins) + (key - keys);
}

void config_key_set_origin(const struct config_key *key, void *base,
			   const struct config_origin *origin)
{
	if (key->of_listener)
		((struct config_listener *)base)->origins[key - keys] = *origin;
	else
		((struct config *)base)->origins[key - keys] = *origin;
}
