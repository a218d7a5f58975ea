/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options.c: the table of options, and what is wrong with a command line.
 */
#include "multiconn/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/buf.h"
#include "echod/message.h"
#include "echod/parse.h"
#include "multiconn/options_value.h"
#include "multiconn/report.h"

enum {
	OPTION_UNIX = 256,
	OPTION_CONTROL,
	OPTION_PROXY,
	OPTION_SELECTOR,
	OPTION_SERVICE,
	OPTION_ACTION,
	OPTION_VALUE,
	OPTION_TIMEOUT,
	TIMEOUT_MS = 10000,
	DATAGRAM_MAX = 65527 /* over IPv6; 20 less over IPv4 */
};

static const struct option table[] = {
	{ "action", required_argument, NULL, OPTION_ACTION },
	{ "bind", required_argument, NULL, 'B' },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "help", no_argument, NULL, 'h' },
	{ "length", required_argument, NULL, 'l' },
	{ "message", required_argument, NULL, 'm' },
	{ "proxy", required_argument, NULL, OPTION_PROXY },
	{ "quiet", no_argument, NULL, 'q' },
	{ "selector", required_argument, NULL, OPTION_SELECTOR },
	{ "service", required_argument, NULL, OPTION_SERVICE },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "udp", no_argument, NULL, 'u' },
	{ "unix", required_argument, NULL, OPTION_UNIX },
	{ "value", required_argument, NULL, OPTION_VALUE },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static const char usage[] = "usage: multiconn HOST PORT NUM_CONNECTIONS\n";
static const char usage_unix[] = "usage: multiconn --unix PATH NUM_CONNECTIONS\n";

/* ---- Wrong command lines ---- */

static const char *nearest_option(const char *given)
{
	const char *names[ARRAY_LENGTH(table)];
	size_t n = 0;

	for (; table[n].name; n++)
		names[n] = table[n].name;
	names[n] = NULL;
	return parse_nearest(given, names);
}

static bool is_known(int option)
{
	for (size_t i = 0; table[i].name; i++)
		if (table[i].val == option)
			return true;
	return false;
}

/* getopt's '?': optopt is an unknown short option, or a known long one that was given a value, or 0
 * for an unknown long one, which is the word before then. */
static int unknown_option(FILE *err, char *const argv[])
{
	const char *word = argv[optind - 1];
	const char *nearest;

	if (optopt && is_known(optopt))
		return options_usage_error(err, "'%s': the option takes no value", word);
	if (optopt)
		return options_usage_error(err, "unknown option '-%c'", optopt);
	nearest = nearest_option(word + strspn(word, "-"));
	if (nearest)
		return options_usage_error(err, "unknown option '%s': did you mean '--%s'?", word,
					   nearest);
	return options_usage_error(err, "unknown option '%s'", word);
}

/* ---- Single options ---- */

static int set_option(struct options *o, int option, char *const argv[], FILE *out, FILE *err)
{
	switch (option) {
	case 'm':
		o->messages[o->n_messages++] = optarg;
		return OPTIONS_RUN;
	case 'l':
		return options_set_length(o, optarg, err);
	case 'q':
		o->quiet = true;
		return OPTIONS_RUN;
	case 'u':
		o->udp = true;
		return OPTIONS_RUN;
	case OPTION_UNIX:
		o->unix_path = optarg;
		return OPTIONS_RUN;
	case OPTION_CONTROL:
		return options_set_control(o, optarg, err);
	case OPTION_PROXY:
		return options_set_proxy(o, optarg, err);
	case OPTION_SERVICE:
		o->service_named = true;
		return options_set_service(o, optarg, err);
	case OPTION_ACTION:
		o->action = optarg;
		return OPTIONS_RUN;
	case OPTION_VALUE:
		o->value = optarg;
		return OPTIONS_RUN;
	case OPTION_SELECTOR:
		return options_set_selector(o, optarg, err);
	case OPTION_TIMEOUT:
		return options_set_timeout(o, optarg, err);
	case '4':
		return options_set_family(o, AF_INET, err);
	case '6':
		return options_set_family(o, AF_INET6, err);
	case 'B':
		return options_set_bind(o, optarg, err);
	case 'h':
		options_print_help(out);
		return 0;
	case 'V':
		options_print_version(out);
		return 0;
	case ':':
		return options_usage_error(err, "'%s' needs a value", argv[optind - 1]);
	default:
		return unknown_option(err, argv);
	}
}

/* ---- The whole line ---- */

static int set_operands(struct options *o, char *const operands[], int n, FILE *err)
{
	struct net_address path;

	if (n != (o->unix_path ? 1 : 3)) {
		fputs(o->unix_path ? usage_unix : usage, err);
		return EXIT_USAGE;
	}
	if (o->unix_path) {
		if (net_parse_path(o->unix_path, &path) < 0)
			return options_usage_error(err,
						   "a socket's path has 1 to %zu bytes, not '%s'",
						   sizeof(path.path.sun_path) - 1, o->unix_path);
		return options_set_count(o, operands[0], err);
	}
	o->host = operands[0];
	if (!*o->host)
		return options_usage_error(err, "HOST is empty");
	if (*o->host == '[')
		return options_usage_error(err, "HOST is written without brackets, not '%s'",
					   o->host);
	if (parse_port(operands[1], &o->port) < 0 || o->port == 0)
		return options_usage_error(err, "PORT must be 1 to 65535, not '%s'", operands[1]);
	return options_set_count(o, operands[2], err);
}

static int check_datagrams(const struct options *o, FILE *err)
{
	size_t longest = o->length;

	if (!o->udp)
		return OPTIONS_RUN;
	if (o->unix_path)
		return options_usage_error(err, "--udp and --unix exclude each other");
	if (o->proxy.version)
		return options_usage_error(err, "--proxy is for connections, not for --udp");
	for (size_t i = 0; i < o->n_messages; i++)
		longest = strlen(o->messages[i]) > longest ? strlen(o->messages[i]) : longest;
	if (longest > DATAGRAM_MAX)
		return options_usage_error(err, "a datagram has at most %d bytes", DATAGRAM_MAX);
	return OPTIONS_RUN;
}

/* A search goes as JSON, which has room for text alone. */
static bool can_be_asked(const struct options *o)
{
	struct buf request = { 0 };
	const int r = o->action ? message_write_request(&request, o->action, o->value) : 0;

	buf_fini(&request);
	return r != -EINVAL;
}

/* --action and --value imply the service message, which needs them. */
static int check_service(struct options *o, FILE *err)
{
	const struct expect_service *message = expect_service_find("message");

	if (o->action && !o->service_named)
		o->service = message;
	if (!o->action != !o->value)
		return options_usage_error(err, "--action and --value belong together");
	if ((o->service == message) != (o->action != NULL))
		return options_usage_error(
		    err, o->action ? "--action is for the service message"
				   : "the service message needs --action and --value");
	if (!can_be_asked(o))
		return options_usage_error(err, "--value must be UTF-8 to be searched for");
	if (o->udp && o->service && o->service->only_streams)
		return options_usage_error(err, "%s is no service of --udp", o->service->name);
	if ((o->n_messages > 0 || o->length > 0) && o->service && !o->udp &&
	    (o->action || o->service->request))
		return options_usage_error(
		    err, "--message and --length are nothing that %s would read", o->service->name);
	return OPTIONS_RUN;
}

/* The addresses to connect from say of which family those to connect to must be. */
static int check_bind(struct options *o, FILE *err)
{
	const int family = o->bind.first.any.sa_family;

	if (o->bind.n == 0)
		return OPTIONS_RUN;
	if (o->family != AF_UNSPEC && o->family != family)
		return options_usage_error(err, "--bind names an IPv%c address, but -%c is given",
					   family == AF_INET ? '4' : '6',
					   family == AF_INET ? '6' : '4');
	o->family = family;
	return OPTIONS_RUN;
}

/* Options that say nothing together. */
static int check_together(struct options *o, FILE *err)
{
	if (check_service(o, err) != OPTIONS_RUN)
		return EXIT_USAGE;
	if (o->unix_path && (o->family != AF_UNSPEC || o->bind.n > 0))
		return options_usage_error(err, "-4, -6 and --bind mean nothing with --unix");
	return check_datagrams(o, err) == OPTIONS_RUN ? check_bind(o, err) : EXIT_USAGE;
}

static void set_defaults(struct options *o)
{
	if (o->n_messages > 0)
		return;
	if (o->service && o->service->request) {
		o->messages[0] = o->service->request;
		o->n_messages = 1;
		return;
	}
	o->messages[0] = "Message 1 from client.";
	o->messages[1] = "Message 2 from client.";
	o->n_messages = 2;
}

static int parse_all(int argc, char *argv[], FILE *out, FILE *err, struct options *o)
{
	int r = OPTIONS_RUN;
	int option;

	optind = 0; /* GNU and musl: from the beginning, also a second time */
	opterr = 0;
	while (r == OPTIONS_RUN &&
	       (option = getopt_long(argc, argv, ":m:l:qu46B:hV", table, NULL)) != -1)
		r = set_option(o, option, argv, out, err);
	if (r == OPTIONS_RUN)
		r = set_operands(o, argv + optind, argc - optind, err);
	if (r == OPTIONS_RUN)
		r = check_together(o, err);
	set_defaults(o);
	return r;
}

int options_parse(int argc, char *argv[], FILE *out, FILE *err, struct options *ret_options)
{
	struct options o = { .timeout_ms = TIMEOUT_MS, .family = AF_UNSPEC };
	int r;

	/* Each -m is an argument, so this is enough. */
	o.messages = calloc((size_t)argc + 2, sizeof(*o.messages));
	if (!o.messages) {
		fputs("multiconn: no memory\n", err);
		return EXIT_RUN_TIME;
	}
	r = parse_all(argc, argv, out, err, &o);
	if (r == OPTIONS_RUN)
		*ret_options = o;
	else
		options_fini(&o);
	return r;
}

void options_fini(struct options *options)
{
	free(options->messages);
	options->messages = NULL;
}
