/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options.c: the table of options, and what is wrong with a command line.
 */
#include "build.h"

#include "multiconn/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/parse.h"
#include "echod/selector.h"
#include "multiconn/report.h"

enum {
	OPTION_UNIX = 256,
	OPTION_CONTROL,
	OPTION_SELECTOR,
	OPTION_SERVICE,
	OPTION_ACTION,
	OPTION_VALUE,
	OPTION_TIMEOUT,
	CONNECTIONS_MAX = 1000000,
	TIMEOUT_MS = 10000,
	TIMEOUT_MS_MAX = 24 * 3600 * 1000,
	LENGTH_MAX = 16 * 1024 * 1024,
	DATAGRAM_MAX = 65527 /* over IPv6; 20 less over IPv4 */
};

static const struct option table[] = {
	{ "action", required_argument, NULL, OPTION_ACTION },
	{ "bind", required_argument, NULL, 'B' },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "help", no_argument, NULL, 'h' },
	{ "length", required_argument, NULL, 'l' },
	{ "message", required_argument, NULL, 'm' },
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

static const char help[] =
    "Examples:\n"
    "  multiconn 127.0.0.1 65432 2            the tutorial's two connections\n"
    "  multiconn -q 127.0.0.1 65432 1000      a thousand at once, only the summary\n"
    "  multiconn -m hello -m world ::1 7 1    other messages\n"
    "  multiconn --unix /run/echo.sock 10     over a Unix stream socket\n"
    "  multiconn -u -l 512 ::1 7 100          datagrams of 512 bytes\n"
    "  multiconn --action search --value ring 127.0.0.1 65432 1    a framed request\n"
    "\n"
    "Usage: multiconn [OPTION]... HOST PORT NUM_CONNECTIONS\n"
    "       multiconn [OPTION]... --unix PATH NUM_CONNECTIONS\n"
    "Opens NUM_CONNECTIONS connections at once to a server, sends each the same messages, and\n"
    "compares every byte that comes back with what its service is to answer.\n"
    "\n"
    "  -m, --message TEXT    send this instead of the two messages; may be repeated\n"
    "  -l, --length SIZE     fill each message up to so many bytes\n"
    "  -q, --quiet           print only the summary\n"
    "  -u, --udp             each message is a datagram; count what is lost\n"
    "      --service NAME    what the server does: echo, discard, chargen, daytime, time, message\n"
    "                        or reflect (echo)\n"
    "      --action ACTION   ask service message to do this,\n"
    "      --value TEXT      with this\n"
    "      --unix PATH       connect to this Unix stream socket\n"
    "      --control PATH    compare echod's own counts, from its control socket\n"
    "      --selector NAME   epoll, poll, select or auto (auto)\n"
    "      --timeout T       give up a connect, or a connection without progress (10s)\n"
    "  -4, -6                only IPv4, only IPv6\n"
    "  -B, --bind ADDRESS    connect from this address of ours\n"
    "  -h, --help            this help\n"
    "  -V, --version         the version and what was compiled in\n"
    "\n"
    "Exit: 0 all verified, 1 run-time error, 2 usage, 3 fewer connections than asked,\n"
    "4 a byte was wrong or missing, 130 interrupted. See multiconn(1).\n";

static void print_version(FILE *out)
{
	fputs("multiconn " PACKAGE_VERSION "\n" ECHOD_FEATURES, out);
}

/* ---- Wrong command lines ---- */

static int usage_error(FILE *err, const char *format, ...) PRINTF_LIKE(2, 3);

static int usage_error(FILE *err, const char *format, ...)
{
	va_list args;

	fputs("multiconn: ", err);
	va_start(args, format);
	vfprintf(err, format, args);
	va_end(args);
	fputs("\nTry 'multiconn --help'.\n", err);
	return EXIT_USAGE;
}

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
		return usage_error(err, "'%s': the option takes no value", word);
	if (optopt)
		return usage_error(err, "unknown option '-%c'", optopt);
	nearest = nearest_option(word + strspn(word, "-"));
	if (nearest)
		return usage_error(err, "unknown option '%s': did you mean '--%s'?", word, nearest);
	return usage_error(err, "unknown option '%s'", word);
}

/* ---- Single options ---- */

static int set_selector(struct options *o, const char *name, FILE *err)
{
	const char *nearest;

	o->selector = name;
	if (strcmp(name, "auto") == 0)
		return OPTIONS_RUN;
	for (const char *const *known = selector_names(); *known; known++)
		if (strcmp(name, *known) == 0)
			return OPTIONS_RUN;
	nearest = parse_nearest(name, selector_names());
	if (nearest)
		return usage_error(err, "no selector '%s' here: did you mean '%s'?", name, nearest);
	return usage_error(err, "no selector '%s' here", name);
}

static int set_service(struct options *o, const char *name, FILE *err)
{
	const char *nearest = parse_nearest(name, expect_service_names());

	o->service = expect_service_find(name);
	if (o->service || strcmp(name, "echo") == 0)
		return OPTIONS_RUN;
	if (nearest)
		return usage_error(err, "no service '%s': did you mean '%s'?", name, nearest);
	return usage_error(err, "no service '%s'", name);
}

static int set_timeout(struct options *o, const char *text, FILE *err)
{
	if (parse_duration_ms(text, 1, TIMEOUT_MS_MAX, &o->timeout_ms) == 0)
		return OPTIONS_RUN;
	return usage_error(err, "--timeout must be a time from 1ms to 24h, not '%s'", text);
}

static int set_length(struct options *o, const char *text, FILE *err)
{
	int64_t length;

	if (parse_size(text, 1, LENGTH_MAX, &length) < 0)
		return usage_error(err, "--length must be a size from 1 to 16m, not '%s'", text);
	o->length = (size_t)length;
	return OPTIONS_RUN;
}

static int set_family(struct options *o, int family, FILE *err)
{
	if (o->family != AF_UNSPEC && o->family != family)
		return usage_error(err, "-4 and -6 exclude each other");
	o->family = family;
	return OPTIONS_RUN;
}

static int set_bind(struct options *o, const char *text, FILE *err)
{
	if (net_parse(text, 0, &o->bind_to) < 0)
		return usage_error(err, "--bind must be a numeric IPv4 or IPv6 address, not '%s'",
				   text);
	o->has_bind = true;
	return OPTIONS_RUN;
}

static int set_option(struct options *o, int option, char *const argv[], FILE *out, FILE *err)
{
	switch (option) {
	case 'm':
		o->messages[o->n_messages++] = optarg;
		return OPTIONS_RUN;
	case 'l':
		return set_length(o, optarg, err);
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
		o->control = optarg;
		return OPTIONS_RUN;
	case OPTION_SERVICE:
		o->service_named = true;
		return set_service(o, optarg, err);
	case OPTION_ACTION:
		o->action = optarg;
		return OPTIONS_RUN;
	case OPTION_VALUE:
		o->value = optarg;
		return OPTIONS_RUN;
	case OPTION_SELECTOR:
		return set_selector(o, optarg, err);
	case OPTION_TIMEOUT:
		return set_timeout(o, optarg, err);
	case '4':
		return set_family(o, AF_INET, err);
	case '6':
		return set_family(o, AF_INET6, err);
	case 'B':
		return set_bind(o, optarg, err);
	case 'h':
		fputs(help, out);
		return 0;
	case 'V':
		print_version(out);
		return 0;
	case ':':
		return usage_error(err, "'%s' needs a value", argv[optind - 1]);
	default:
		return unknown_option(err, argv);
	}
}

/* ---- The whole line ---- */

static int set_count(struct options *o, const char *text, FILE *err)
{
	int64_t count;

	if (parse_count(text, 1, CONNECTIONS_MAX, &count) < 0)
		return usage_error(err, "NUM_CONNECTIONS must be 1 to %d, not '%s'",
				   CONNECTIONS_MAX, text);
	o->n_connections = (size_t)count;
	return OPTIONS_RUN;
}

static int set_operands(struct options *o, char *const operands[], int n, FILE *err)
{
	struct net_address path;

	if (n != (o->unix_path ? 1 : 3)) {
		fputs(o->unix_path ? usage_unix : usage, err);
		return EXIT_USAGE;
	}
	if (o->unix_path) {
		if (net_parse_path(o->unix_path, &path) < 0)
			return usage_error(err, "'%s' is too long or too short for a socket's path",
					   o->unix_path);
		return set_count(o, operands[0], err);
	}
	o->host = operands[0];
	if (!*o->host)
		return usage_error(err, "HOST is empty");
	if (parse_port(operands[1], &o->port) < 0 || o->port == 0)
		return usage_error(err, "PORT must be 1 to 65535, not '%s'", operands[1]);
	return set_count(o, operands[2], err);
}

static int check_datagrams(const struct options *o, FILE *err)
{
	size_t longest = o->length;

	if (!o->udp)
		return OPTIONS_RUN;
	if (o->unix_path)
		return usage_error(err, "--udp and --unix exclude each other");
	for (size_t i = 0; i < o->n_messages; i++)
		longest = strlen(o->messages[i]) > longest ? strlen(o->messages[i]) : longest;
	if (longest > DATAGRAM_MAX)
		return usage_error(err, "a datagram has at most %d bytes", DATAGRAM_MAX);
	return OPTIONS_RUN;
}

/* --action and --value imply the service message, which needs them. */
static int check_service(struct options *o, FILE *err)
{
	const struct expect_service *message = expect_service_find("message");

	if (o->action && !o->service_named)
		o->service = message;
	if (!o->action != !o->value)
		return usage_error(err, "--action and --value belong together");
	if ((o->service == message) != (o->action != NULL))
		return usage_error(err, o->action
					    ? "--action is for the service message"
					    : "the service message needs --action and --value");
	if ((o->n_messages > 0 || o->length > 0) && o->service &&
	    (o->action || o->service->request))
		return usage_error(err, "--message and --length are nothing that %s would read",
				   o->service->name);
	if (o->udp && o->service)
		return usage_error(err, "--udp asks for echo, not for %s", o->service->name);
	return OPTIONS_RUN;
}

/* Options that say nothing together. */
static int check_together(struct options *o, FILE *err)
{
	if (check_service(o, err) != OPTIONS_RUN)
		return EXIT_USAGE;
	if (o->unix_path && (o->family != AF_UNSPEC || o->has_bind))
		return usage_error(err, "-4, -6 and --bind mean nothing with --unix");
	if (check_datagrams(o, err) != OPTIONS_RUN)
		return EXIT_USAGE;
	if (!o->has_bind)
		return OPTIONS_RUN;
	return set_family(o, o->bind_to.any.sa_family, err) == OPTIONS_RUN ? OPTIONS_RUN
									   : EXIT_USAGE;
}

static void set_defaults(struct options *o)
{
	if (o->n_messages > 0)
		return;
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
