/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The configuration of `echod HOST PORT`: one listener with defaults for everything else. This is the
 * only place where a name is resolved.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "config_load.h"
#include "config_table.h"
#include "echod/attr.h"
#include "echod/net.h"
#include "echod/parse.h"

static bool contains(const struct config_strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->length; i++)
		if (!strcmp(strings->items[i], text))
			return true;
	return false;
}

/* An answer may name an address more than once. */
static int add_answer(const struct addrinfo *answer, struct config_strings *addresses)
{
	char text[NI_MAXHOST];

	if (getnameinfo(answer->ai_addr, answer->ai_addrlen, text, sizeof(text), NULL, 0,
			NI_NUMERICHOST) != 0 ||
	    contains(addresses, text))
		return 0;
	return config_strings_add(addresses, text);
}

static int resolve(const char *host, struct config_strings *addresses, struct config_errors *errors)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *answers;
	int r = getaddrinfo(host, NULL, &hints, &answers);

	if (r == EAI_MEMORY)
		return -ENOMEM;
	if (r != 0)
		return config_errors_add(errors, NULL, 0, "HOST '%s': %s", host,
					 r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
	r = 0;
	for (const struct addrinfo *a = answers; !r && a; a = a->ai_next)
		if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
			r = add_answer(a, addresses);
	freeaddrinfo(answers);
	if (!r && addresses->length == 0)
		r = config_errors_add(errors, NULL, 0, "HOST '%s' has no IPv4 or IPv6 address",
				      host);
	return r;
}

static void set_origin(struct config_listener *listener, const char *key)
{
	const struct config_origin origin = { .kind = CONFIG_FROM_OPTION };

	config_key_set_origin(config_key_find(key, true), listener, &origin);
}

static int fill_listener(struct config_listener *listener, const char *host, const char *port,
			 struct config_errors *errors)
{
	uint16_t number = 0;
	int r = 0;

	set_origin(listener, "address");
	set_origin(listener, "port");
	if (parse_port(port, &number) < 0)
		r = config_errors_add(errors, NULL, 0, "PORT '%s' is not a number from 0 to 65535",
				      port);
	listener->port = number;
	if (r < 0)
		return r;
	if (host[0] == '\0' || !strcmp(host, "*"))
		return config_strings_add(&listener->address, "*");
	return resolve(host, &listener->address, errors);
}

int config_from_arguments(const char *host, const char *port, struct config *ret_config,
			  struct config_errors *errors)
{
	size_t before = errors->length;
	struct config config = { 0 };
	struct config_listener *listener;
	int r = config_add_listener(&config, "echo", &listener);

	if (!r)
		r = fill_listener(listener, host, port, errors);
	if (!r)
		r = config_fill_defaults(&config);
	if (!r && errors->length == before)
		r = config_check(&config, errors);
	if (!r && errors->length > before)
		r = -EINVAL;
	if (r < 0) {
		config_fini(&config);
		return r;
	}
	*ret_config = config;
	return 0;
}
