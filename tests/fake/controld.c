/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * controld SOCKET MODE [STATUS-FILE]: a daemon that has only a control socket, made with the real
 * server and the real table of methods, and in some modes misbehaves. It prints "ready" when it
 * listens, and ends with Stop or by a signal.
 *
 *   normal   answers; GetStatus with what STATUS-FILE holds, WatchStatus with that once, WatchEvents
 *            with its beginning
 *   deny     nobody has the right to anything but Ping
 *   refuse   Stop, Resume, GetStatus and WatchStatus answer with an error
 *   silent   keeps every call and answers none
 *   old      knows no method of the interface
 *   strange  answers GetStatus and WatchStatus with something else
 *   garbage  answers with what is no JSON
 *   hang-up  closes instead of answering
 *   linger   answers Stop and does not go
 *   restart  answers Stop, closes and goes on listening
 *   changing is configured anew between the pages of GetConfig, the first two times
 *   restless always is
 *   late     answers what workers are asked for as late as a daemon does that waits for a worker, and later
 *   forgetful  hangs up after each status that it tells, and goes on listening
 */
#include "build.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/clock.h"
#include "echod/net.h"
#include "echod/verbs.h"

enum {
	LATE_MS = 6000, /* more than the 5 s after which a worker is given up */
	LATE_CALLS = 8
};

static const char *mode, *status_file;
static struct late {
	struct control_call *call;
	int64_t due_ms;
} late[LATE_CALLS];
static bool stopping;
static int forget_fd = -1; /* to be hung up when all is sent */

static bool is_mode(const char *name)
{
	return strcmp(mode, name) == 0;
}

/* The rare modes that are played below the protocol. */
static bool misbehave(struct control_call *call)
{
	int fd = control_call_peer(call)->fd;

	if (is_mode("garbage"))
		send(fd, "What?\n", 6, MSG_NOSIGNAL);
	if (is_mode("hang-up"))
		shutdown(fd, SHUT_RDWR);
	return is_mode("silent") || is_mode("garbage") || is_mode("hang-up");
}

/* ---- Answers that are late ---- */

static void forget_late(struct control_call *call, void *mark)
{
	struct late *l = mark;

	(void)call;
	l->call = NULL;
}

static void answer_late(struct control_call *call, void *user)
{
	(void)user;
	for (size_t i = 0; i < LATE_CALLS; i++)
		if (!late[i].call) {
			late[i] = (struct late){ call, clock_now_ms() + LATE_MS };
			control_call_keep(call, &late[i], forget_late);
			return;
		}
	control_error_memory(call);
}

static void answer_those_due(void)
{
	for (size_t i = 0; i < LATE_CALLS; i++)
		if (late[i].call && late[i].due_ms <= clock_now_ms())
			control_error(TAKE_PTR(late[i].call), "echod.Control.WorkerTimeout",
				      json_pack("{s:i}", "worker", 3));
}

/* ---- The methods ---- */

static void ping(struct control_call *call, void *user)
{
	(void)user;
	if (!misbehave(call))
		control_reply(call, NULL);
}

static void get_status(struct control_call *call, void *user)
{
	json_error_t error;
	json_t *status;

	(void)user;
	if (misbehave(call))
		return;
	if (is_mode("refuse")) {
		control_error(call, "echod.Control.WorkerTimeout", json_pack("{s:i}", "worker", 3));
		return;
	}
	if (is_mode("strange")) {
		control_reply(call, json_pack("{s:s}", "version", "9"));
		return;
	}
	status = json_load_file(status_file, 0, &error);
	if (status)
		control_reply(call, status);
	else
		control_error_memory(call);
}

static json_t *setting(const char *key, json_int_t value)
{
	return json_pack("[{s:n, s:s, s:o, s:s, s:n, s:n}]", "listener", "key", key, "value",
			 json_sprintf("%d", (int)value), "from", "default", "file", "line");
}

/* Two pages with a setting each, whose value is the configuration's number. */
static void get_config(struct control_call *call, void *user)
{
	static json_int_t generation;
	const bool first = !json_object_get(control_call_parameters(call), "cursor");

	(void)user;
	generation += first;
	if (!is_mode("changing") && !is_mode("restless"))
		control_error_memory(call);
	else if (first)
		control_reply(call, json_pack("{s:I, s:n, s:o, s:s}", "generation", generation,
					      "config_file", "values", setting("user", generation),
					      "cursor", "next"));
	else if (is_mode("restless") || generation < 3)
		control_error_parameter(call, "cursor");
	else
		control_reply(call, json_pack("{s:I, s:n, s:o, s:n}", "generation", generation,
					      "config_file", "values", setting("group", generation),
					      "cursor"));
}

static void watch_status(struct control_call *call, void *user)
{
	json_error_t error;
	json_t *status;

	(void)user;
	if (is_mode("refuse")) {
		control_error(call, "echod.Control.WorkerTimeout", json_pack("{s:i}", "worker", 3));
		return;
	}
	status = is_mode("strange") ? json_pack("{s:s}", "version", "9")
				    : json_load_file(status_file, 0, &error);
	if (is_mode("forgetful"))
		forget_fd = control_call_peer(call)->fd;
	control_reply_more(call, status);
}

static void watch_events(struct control_call *call, void *user)
{
	(void)user;
	if (!misbehave(call))
		control_reply_more(call, json_pack("{s:n, s:i}", "event", "lost", 0));
}

static void list_connections(struct control_call *call, void *user)
{
	if (is_mode("forgetful"))
		control_error(call, "echod.Control.WorkerTimeout", json_pack("{s:i}", "worker", 3));
	else if (is_mode("late"))
		answer_late(call, user);
	else
		control_reply(call, json_pack("{s:[], s:n}", "connections", "cursor"));
}

static void drain(struct control_call *call, void *user)
{
	const json_t *timeout = json_object_get(control_call_parameters(call), "timeout_ms");

	(void)user;
	if (misbehave(call))
		return;
	printf("drain %" JSON_INTEGER_FORMAT "\n", json_integer_value(timeout));
	fflush(stdout);
	control_reply(call, NULL);
}

static void resume(struct control_call *call, void *user)
{
	(void)user;
	if (misbehave(call))
		return;
	if (is_mode("refuse")) {
		control_error_parameter(call, "now\033");
		return;
	}
	puts("resume");
	fflush(stdout);
	control_reply(call, NULL);
}

static void stop(struct control_call *call, void *user)
{
	int fd = control_call_peer(call)->fd;

	(void)user;
	if (misbehave(call))
		return;
	if (is_mode("refuse")) {
		control_error(call, "echod.Control.OutOfMemory", NULL);
		return;
	}
	printf("stop%s\n",
	       json_is_true(json_object_get(control_call_parameters(call), "now")) ? " now" : "");
	fflush(stdout);
	control_reply(call, NULL);
	stopping = !is_mode("linger") && !is_mode("restart");
	if (is_mode("restart"))
		shutdown(fd, SHUT_RDWR);
}

static bool may(const struct control_peer *peer, enum control_right right, void *user)
{
	(void)peer;
	(void)user;
	return right == CONTROL_READ || !is_mode("deny");
}

static int die(const char *what, int error)
{
	fprintf(stderr, "controld: %s: %s\n", what, strerror(-error));
	return 1;
}

static int listen_at(struct control_server *server, const char *path)
{
	const struct net_listen_options options = { .backlog = 16, .socket_mode = 0600 };
	struct net_address address;
	int fd, r = net_parse_path(path, &address);

	if (r == 0)
		r = net_listen(&address, &options, &fd);
	return r < 0 ? r : control_server_listen(server, fd);
}

static int serve(struct selector *selector, struct control_server *server, const char *path)
{
	puts("ready");
	fflush(stdout);
	while (!stopping && selector_select(selector, is_mode("late") ? 50 : -1) >= 0) {
		selector_dispatch(selector);
		answer_those_due();
		if (forget_fd >= 0 && control_server_flush(server)) {
			shutdown(forget_fd, SHUT_RDWR);
			forget_fd = -1;
		}
	}
	while (!control_server_flush(server) && selector_select(selector, 1000) > 0)
		selector_dispatch(selector);
	unlink(path);
	control_server_free(server);
	selector_close(selector);
	return 0;
}

int main(int argc, char **argv)
{
	void (*const starts[METHODS])(struct control_call * call, void *user) = {
		[METHOD_PING] = ping,
		[METHOD_GET_STATUS] = get_status,
		[METHOD_DRAIN] = drain,
		[METHOD_RESUME] = resume,
		[METHOD_STOP] = stop,
		[METHOD_WATCH_STATUS] = watch_status,
		[METHOD_WATCH_EVENTS] = watch_events,
		[METHOD_LIST_CONNECTIONS] = list_connections,
		[METHOD_GET_CONNECTION] = answer_late,
		[METHOD_CLOSE_CONNECTIONS] = answer_late,
		[METHOD_SET_LOG_LEVEL] = answer_late,
		[METHOD_REOPEN_LOGS] = answer_late,
		[METHOD_GET_CONFIG] = get_config,
	};
	struct control_method methods[METHODS];
	struct control_server_settings settings = { .interface = CONTROL_INTERFACE,
						    .description = verb_interface,
						    .vendor = "tests",
						    .product = "echod",
						    .version = "0.0.fake",
						    .methods = methods,
						    .max_request_bytes = 65536,
						    .max_unsent_bytes = 1024 * 1024,
						    .may = may };
	struct control_server *server;
	int r;

	if (argc < 3) {
		fprintf(stderr, "usage: controld SOCKET MODE [STATUS-FILE]\n");
		return 2;
	}
	mode = argv[2];
	status_file = argc > 3 ? argv[3] : "";
	verbs_bind(starts, methods);
	settings.n_methods = is_mode("old") ? 0 : METHODS;
	r = selector_open(NULL, &settings.selector);
	if (r == 0)
		r = control_server_new(&settings, &server);
	if (r == 0)
		r = listen_at(server, argv[1]);
	return r < 0 ? die(argv[1], r) : serve(settings.selector, server, argv[1]);
}
