/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * verbs.c owns the table of verbs, and what each does.
 */
#include "build.h"

#include "echoctl/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echoctl/answer.h"
#include "echoctl/connections.h"
#include "echoctl/inspect.h"
#include "echoctl/metrics.h"
#include "echoctl/render.h"
#include "echoctl/session.h"
#include "echod/clock.h"
#include "echod/log.h"
#include "echod/parse.h"
#include "echod/verbs.h"

enum {
	STOP_WAIT_MS = 30000,	/* unless told: longer than connections are usually drained */
	RELOAD_WAIT_MS = 60000, /* unless told: longer than the daemon lets any part of it take */
	VERBS_MAX = 32
};

static int run_status(struct session *session);
static int run_ping(struct session *session);
static int run_version(struct session *session);
static int run_reload(struct session *session);
static int run_log_reopen(struct session *session);
static int check_log(struct options *options);
/* NULL: not given. */
static json_t *given(int64_t ms)
{
	return ms > 0 ? json_integer(ms) : NULL;
}

static int run_log(struct session *session);
static int run_drain(struct session *session);
static int run_resume(struct session *session);
static int run_stop(struct session *session);

const struct verb verbs[] = {
	{ .name = "status",
	  .arguments = "",
	  .help = "How the daemon is and what it has counted",
	  .run = run_status },
	{ .name = "listeners",
	  .arguments = "",
	  .help = "What is served: a row for each address",
	  .run = run_listeners },
	{ .name = "connections",
	  .arguments = "[FILTER]...",
	  .help = "List connections, all or those that the filters mean",
	  .details =
	      "A filter is one of --from, --listener, --service, --transport, --state, --idle,\n"
	      "--age and --bytes; all that are given must hold.\n",
	  .check = check_connections,
	  .run = run_connections },
	{ .name = "show",
	  .arguments = "ID",
	  .min_arguments = 1,
	  .max_arguments = 1,
	  .help = "One connection, with what the kernel knows of it",
	  .check = check_show,
	  .run = run_show },
	{ .name = "disconnect",
	  .arguments = "ID...|FILTER...|--all",
	  .max_arguments = SIZE_MAX,
	  .help = "End connections in order, by id or by filter",
	  .details =
	      "What is unsent still goes out, unless --now. The filters are those of connections.\n",
	  .check = check_disconnect,
	  .run = run_disconnect },
	{ .name = "ping",
	  .arguments = "",
	  .help = "Does the daemon answer, and how fast?",
	  .run = run_ping },
	{ .name = "version",
	  .arguments = "",
	  .help = "The versions of this program and of the daemon",
	  .run = run_version },
	{ .name = "metrics",
	  .arguments = "[--output FILE]",
	  .help = "The daemon's numbers, as Prometheus reads them",
	  .check = metrics_check,
	  .run = metrics_run },
	{ .name = "config",
	  .arguments = "",
	  .help = "Every setting in force, and where it came from",
	  .run = run_config },
	{ .name = "refusals",
	  .arguments = "[--limit N]",
	  .help = "Whom the daemon refused, and why",
	  .run = run_refusals },
	{ .name = "events",
	  .arguments = "[KIND]...",
	  .max_arguments = SIZE_MAX,
	  .help = "What happens, as it happens, until interrupted",
	  .details =
	      "The kinds are open, close, refused, reload and worker_died; without one, all.\n"
	      "With --timeout it ends when nothing has happened for so long.\n",
	  .check = check_events,
	  .run = run_events },
	{ .name = "top",
	  .arguments = "",
	  .help = "What goes on now: rates, and the busiest connections",
	  .details =
	      "On a terminal a screen, with keys to put connections in another order (? shows them);\n"
	      "otherwise a line for each interval. With --json each is an object.\n",
	  .check = check_top,
	  .run = run_top },
	{ .name = "acl",
	  .arguments = "LISTENER ADDRESS",
	  .min_arguments = 2,
	  .max_arguments = 2,
	  .help = "Would this address be let in, and by which rule?",
	  .check = check_acl,
	  .run = run_acl },
	{ .name = "wait",
	  .arguments = "CONDITION",
	  .min_arguments = 1,
	  .max_arguments = 1,
	  .help = "Wait for ready, drained or 'connections<=N'",
	  .details =
	      "It waits for as long as it takes, or --timeout. A daemon that is not there yet is\n"
	      "waited for with ready only.\n",
	  .patience_ms = SESSION_PATIENCE_MS,
	  .check = check_wait,
	  .opens_session = true,
	  .run = run_wait },
	{ .name = "methods",
	  .arguments = "",
	  .help = "What the daemon can be asked by call, and by programs",
	  .run = run_methods },
	{ .name = "call",
	  .arguments = "METHOD [JSON]",
	  .min_arguments = 1,
	  .max_arguments = 2,
	  .help = "Call a method of the daemon and print its replies",
	  .check = check_call,
	  .run = run_call },
	{ .name = "reload",
	  .arguments = "",
	  .help = "Put the configuration in force again, all of it or nothing",
	  .details =
	      "Mistakes are shown and change nothing. The wait is 60 s unless --timeout is given.\n",
	  .run = run_reload },
	{ .name = "log reopen",
	  .arguments = "",
	  .help = "Open log files again, after a rotation",
	  .run = run_log_reopen },
	{ .name = "log",
	  .arguments = "LEVEL [--for T]",
	  .min_arguments = 1,
	  .max_arguments = 1,
	  .help = "Log error, warning, notice, info, debug, or as configured",
	  .details =
	      "The level holds in every process until it is set again, or for the time of --for.\n"
	      "The word configured goes back to what the configuration says.\n",
	  .check = check_log,
	  .run = run_log },
	{ .name = "drain",
	  .arguments = "[--timeout T] [--spread T]",
	  .help = "Serve only the connections there are, until resume or stop",
	  .details =
	      "New connections are ended at once; each of the others goes on until its peer ends it.\n"
	      "--spread ends them in order, one after the other over that time; --timeout closes what\n"
	      "is left after that time.\n",
	  .patience_ms = SESSION_PATIENCE_MS,
	  .run = run_drain },
	{ .name = "resume",
	  .arguments = "",
	  .help = "End a drain: serve new connections again",
	  .run = run_resume },
	{ .name = "stop",
	  .arguments = "[--now] [--no-wait]",
	  .help = "End the daemon, and wait until it has gone",
	  .details = "Connections are drained first. The wait is 30 s unless --timeout is given.\n",
	  .run = run_stop },
};
const size_t n_verbs = ARRAY_LENGTH(verbs);

/* ---- Finding a row ---- */

/* How many of the words make up this name; 0 = they do not. */
static size_t match(const char *name, const char *const *words, size_t n)
{
	size_t first = strcspn(name, " ");

	if (n < 1 || strlen(words[0]) != first || strncmp(name, words[0], first) != 0)
		return 0;
	if (name[first] == '\0')
		return 1;
	return n > 1 && strcmp(name + first + 1, words[1]) == 0 ? 2 : 0;
}

const struct verb *verbs_find(const char *const *words, size_t n, size_t *ret_used)
{
	for (size_t i = 0; i < n_verbs; i++) {
		size_t used = match(verbs[i].name, words, n);

		if (used > 0) {
			*ret_used = used;
			return &verbs[i];
		}
	}
	return NULL;
}

const char *verbs_nearest(const char *word)
{
	const char *names[ARRAY_LENGTH(verbs) + 1] = { NULL };

	for (size_t i = 0; i < n_verbs; i++) {
		names[i] = verbs[i].name;
		if (strncmp(names[i], word, strlen(word)) == 0 && names[i][strlen(word)] == ' ')
			return names[i];
	}
	return parse_nearest(word, names);
}

/* ---- What they do ---- */

static int run_status(struct session *session)
{
	json_t *parameters;
	int code = answer_call(session, METHOD_GET_STATUS, NULL, &parameters);

	return code == EXIT_OK ? answer_show(session, parameters, render_status) : code;
}

static int run_ping(struct session *session)
{
	int64_t start_ns = clock_now_ns();
	json_t *parameters;
	int code = answer_call(session, METHOD_PING, NULL, &parameters);
	double ms = (double)(clock_now_ns() - start_ns) / 1e6;

	if (code != EXIT_OK)
		return code;
	if (session->options->json)
		return answer_show(session, parameters, NULL);
	json_decref(parameters);
	printf("%s answers, round trip %.2f ms\n", session->path, ms);
	return EXIT_OK;
}

static int run_version(struct session *session)
{
	json_t *parameters;
	int code;

	if (!session->options->json)
		printf("echoctl %s\n", PACKAGE_VERSION);
	code = session_call(session, "org.varlink.service.GetInfo", NULL, &parameters);
	return code == EXIT_OK ? answer_show(session, parameters, render_version) : code;
}

static int run_reload(struct session *session)
{
	json_t *parameters;
	int code;

	session_wait_longer(session, RELOAD_WAIT_MS);
	code = answer_call(session, METHOD_RELOAD, NULL, &parameters);
	return code == EXIT_OK ? answer_show(session, parameters, render_reload) : code;
}

/* Calls what answers with nothing, and says what the daemon does now. */
static int tell(struct session *session, enum verb_method method, json_t *wanted, const char *text)
{
	json_t *parameters;
	int code = answer_call(session, method, wanted, &parameters);

	if (code != EXIT_OK)
		return code;
	if (session->options->json)
		return answer_show(session, parameters, NULL);
	json_decref(parameters);
	puts(text);
	return EXIT_OK;
}

static int run_log_reopen(struct session *session)
{
	session_wait_longer(session, SESSION_PATIENCE_MS);
	return tell(session, METHOD_REOPEN_LOGS, NULL, "log files are opened again");
}

static int check_log(struct options *options)
{
	const char *word = options->arguments[0];
	enum log_level level;

	if (strcmp(word, "configured") == 0)
		return options->for_ms == 0
			   ? 0
			   : options_refuse(options,
					    "--for goes with a level: configured is no other one");
	if (log_level_parse(word, &level) >= 0)
		return 0;
	return options_refuse(options,
			      "'%s' is no level; there are error, warning, notice, info, debug and "
			      "configured",
			      word);
}

static int run_log(struct session *session)
{
	const struct options *options = session->options;
	const char *word = options->arguments[0];
	const bool configured = strcmp(word, "configured") == 0;
	char text[64];

	snprintf(text, sizeof(text), "the log level is %s", configured ? "as configured" : word);
	session_wait_longer(session, SESSION_PATIENCE_MS);
	return tell(session, METHOD_SET_LOG_LEVEL,
		    json_pack("{s:s?, s:o*}", "level", configured ? NULL : word, "for_ms",
			      given(options->for_ms)),
		    text);
}

static int run_drain(struct session *session)
{
	const struct options *options = session->options;

	return tell(session, METHOD_DRAIN,
		    json_pack("{s:o*, s:o*}", "timeout_ms", given(options->timeout_ms), "spread_ms",
			      given(options->spread_ms)),
		    "draining");
}

static int run_resume(struct session *session)
{
	session_wait_longer(session, SESSION_PATIENCE_MS);
	return tell(session, METHOD_RESUME, NULL, "running");
}

static int run_stop(struct session *session)
{
	const struct options *options = session->options;
	json_t *wanted = options->now ? json_pack("{s:b}", "now", 1) : NULL;
	json_t *parameters;
	int code = answer_call(session, METHOD_STOP, wanted, &parameters);

	if (code != EXIT_OK)
		return code;
	if (!options->no_wait)
		code = session_wait_gone(session,
					 options->timeout_ms ? options->timeout_ms : STOP_WAIT_MS);
	if (code == EXIT_OK && options->json)
		return answer_show(session, parameters, NULL);
	json_decref(parameters);
	if (code == EXIT_OK)
		printf("%s\n", options->no_wait ? "stopping" : "stopped");
	return code;
}
