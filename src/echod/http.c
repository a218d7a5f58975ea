/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * http.c: the only file that knows libmicrohttpd. We listen, accept and choose whom to serve; the
 * library reads requests and writes answers. It waits in an epoll set of its own, whose descriptor
 * is one of our loop's; where it has no epoll, each of its descriptors is.
 *
 * What always holds: a client has a row in http_clients from accept to close. While all rows are
 * taken nobody is accepted, and the others wait in the kernel's queue, where they cost us nothing. A
 * client whose time is over is shut down (shutdown(2)), which the library finds out by itself.
 */
#include "src/echod/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/log.h"
#include "echod/net.h"
#include "echod/selector.h"
#include "src/echod/http_clients.h"

enum {
	ACCEPTS_PER_TURN = 64,
	ACCEPT_AGAIN_MS = 1000, /* after an accept that failed */
	LOG_MS = 10000,		/* between two lines about clients */
	ANSWERS_MAX = 8		/* different ones that are kept for one turn */
};

/* An answer of this turn; the response is ours and, while it is sent, the library's too. */
struct made {
	char *path;
	unsigned status;
	struct MHD_Response *response;
};

struct http {
	struct selector_handler listen_handler, library_handler;
	struct selector *selector;
	int listen_fd;
	bool listening;	   /* the loop watches it */
	int64_t listen_ms; /* when to try again; INT64_MAX = when there is a place */
	struct MHD_Daemon *library;
	int epoll_fd;	/* the library's; -1 = it has none */
	int highest_fd; /* that was watched for it; without epoll */
	int64_t run_ms; /* when the library wants to run without an event */
	struct http_clients clients;
	struct made made[ANSWERS_MAX];
	struct log_limit refusals, failures;
	http_answer *answer;
	void *user;
	struct http_counts *counts;
};

/* ---- Answers ---- */

static const struct {
	const char *name, *value;
} headers[] = {
	{ MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
	{ "Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; "
				     "form-action 'none'; frame-ancestors 'none'" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Referrer-Policy", "no-referrer" },
	{ "X-Content-Type-Options", "nosniff" },
};

/* Takes the text. NULL = no memory. */
static struct MHD_Response *make_response(const char *type, char *text)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer_with_free_callback(strlen(text), text, free);
	bool whole;

	if (!response) {
		free(text);
		return NULL;
	}
	whole = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;
	for (size_t i = 0; i < ARRAY_LENGTH(headers); i++)
		whole = whole && MHD_add_response_header(response, headers[i].name,
							 headers[i].value) == MHD_YES;
	if (whole)
		return response;
	MHD_destroy_response(response);
	return NULL;
}

/* Sends a few words of ours. MHD_NO, which ends the connection, when there is no memory. */
static enum MHD_Result say(struct MHD_Connection *connection, unsigned status, const char *words)
{
	char *text = strdup(words);
	struct MHD_Response *response =
	    text ? make_response("text/plain; charset=utf-8", text) : NULL;
	enum MHD_Result queued = MHD_NO;

	if (!response)
		return MHD_NO;
	if (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
	    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES)
		queued = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return queued;
}

static void forget_made(struct http *http)
{
	for (size_t i = 0; i < ARRAY_LENGTH(http->made); i++) {
		if (!http->made[i].response)
			continue;
		MHD_destroy_response(http->made[i].response);
		free(http->made[i].path);
		http->made[i] = (struct made){ .path = NULL };
	}
}

/* The row of this path in this turn, or a free one, or NULL. */
static struct made *find_made(struct http *http, const char *path)
{
	struct made *free_row = NULL;

	for (size_t i = 0; i < ARRAY_LENGTH(http->made); i++) {
		struct made *made = &http->made[i];

		if (made->response && strcmp(made->path, path) == 0)
			return made;
		if (!made->response && !free_row)
			free_row = made;
	}
	return free_row;
}

static int make(struct http *http, const char *path, struct made *made)
{
	struct http_reply reply;
	struct MHD_Response *response;
	int r;

	made->path = strdup(path);
	if (!made->path)
		return -ENOMEM;
	r = http->answer(path, &reply, http->user);
	if (r < 0) {
		free(TAKE_PTR(made->path));
		return r;
	}
	response = make_response(reply.type, reply.text);
	if (!response) {
		free(TAKE_PTR(made->path));
		return -ENOMEM;
	}
	made->status = reply.status;
	made->response = response;
	return 0;
}

static enum MHD_Result respond(struct http *http, struct MHD_Connection *connection,
			       const char *path)
{
	struct made *made = find_made(http, path);
	int r = made ? 0 : -ENOMEM;

	if (made && !made->response)
		r = make(http, path, made);
	if (r == 0)
		return MHD_queue_response(connection, made->status, made->response);
	if (r == -ENOENT)
		return say(connection, MHD_HTTP_NOT_FOUND,
			   "Nothing is here; try /, /metrics, /healthz or /readyz.\n");
	return say(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "Out of memory.\n");
}

static int fd_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

/* The library calls once when the headers are there, for each part of a body, and at the end. Only
 * then is answered: what comes of a body is of no interest, but a client that still sends it when
 * the connection is closed would lose the answer. It has HTTP_PATIENCE_BODY_MS for that. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version UNUSED,
				  const char *body UNUSED, size_t *body_length, void **request)
{
	struct http *http = cls;

	if (!*request) {
		*request = http;
		http_clients_asked(&http->clients, fd_of(connection), clock_now_ms());
		return MHD_YES;
	}
	if (*body_length > 0) {
		*body_length = 0;
		return MHD_YES;
	}
	http_clients_heard(&http->clients, fd_of(connection));
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
	return respond(http, connection, path);
}

/* ---- What the library tells of connections ---- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context UNUSED,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http *http = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		http_clients_confirm(&http->clients, fd_of(connection));
	else
		http_clients_forget(&http->clients, fd_of(connection));
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code UNUSED)
{
	struct http *http = cls;

	*request = NULL;
	http_clients_renew(&http->clients, fd_of(connection), clock_now_ms());
}

/* ---- The loop ---- */

static void watch(struct http *http, int fd, unsigned wanted)
{
	const struct selector_key *key = selector_get_key(http->selector, fd);
	const bool ours = key && key->data == &http->library_handler;

	if ((ours ? key->events : 0) == wanted)
		return;
	if (wanted == 0)
		selector_unregister(http->selector, fd);
	else if (ours)
		(void)selector_modify(http->selector, fd, wanted, &http->library_handler);
	else
		(void)selector_register(http->selector, fd, wanted, &http->library_handler);
	/* What cannot be watched ends when its time is over. */
}

/* Without epoll: has the loop watch what the library waits for, which is below FD_SETSIZE. */
static void watch_all(struct http *http)
{
	fd_set readable, writable, failed;
	int highest = -1;

	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_ZERO(&failed);
	MHD_get_fdset(http->library, &readable, &writable, &failed, &highest);
	for (int fd = 0; fd <= highest || fd <= http->highest_fd; fd++)
		watch(http, fd,
		      (FD_ISSET(fd, &readable) ? EVENT_READ : 0U) |
			  (FD_ISSET(fd, &writable) ? EVENT_WRITE : 0U));
	http->highest_fd = highest;
}

/* Watches the listening socket, or no longer. */
static void listen_again(struct http *http, bool wanted)
{
	if (wanted == http->listening)
		return;
	if (!wanted) {
		selector_unregister(http->selector, http->listen_fd);
		http->listening = false;
		return;
	}
	http->listening = selector_register(http->selector, http->listen_fd, EVENT_READ,
					    &http->listen_handler) >= 0;
	http->listen_ms = http->listening ? INT64_MAX : clock_now_ms() + ACCEPT_AGAIN_MS;
}

/* The library finds out by itself. Should that fail, it is tried again when it is late once more. */
static void end_client(struct http *http, int fd, int64_t now_ms)
{
	if (shutdown(fd, SHUT_RDWR) == 0)
		http_clients_end(&http->clients, fd);
	else
		http_clients_renew(&http->clients, fd, now_ms);
}

/* The library does not see the end of what a client sends when it comes with the last of it. Whoever
 * has been answered, and cannot ask any more, is ended here. */
static void end_half_closed(struct http *http)
{
	char byte;

	for (size_t i = 0; i < HTTP_CLIENTS_MAX; i++) {
		const int fd = http_clients_waiting(&http->clients, i);

		if (fd >= 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
			end_client(http, fd, clock_now_ms());
	}
}

static void run(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	MHD_run(http->library);
	forget_made(http);
	http_clients_drop_unconfirmed(&http->clients);
	http->run_ms = INT64_MAX;
	if (MHD_get_timeout(http->library, &timeout_ms) == MHD_YES)
		http->run_ms = clock_now_ms() + (int64_t)timeout_ms;
	else
		end_half_closed(http);
	if (http->epoll_fd < 0)
		watch_all(http);
	if (http->listen_ms == INT64_MAX)
		listen_again(http, http_clients_have_room(&http->clients));
}

static void library_ready(struct selector_handler *handler, int fd UNUSED, unsigned mask UNUSED)
{
	run(CONTAINER_OF(handler, struct http, library_handler));
}

static void refuse(struct http *http, const struct peer *peer, int fd)
{
	char text[PEER_TEXT_SIZE];

	http->counts->rejected++;
	log_limited(&http->refusals, LOG_LEVEL_NOTICE, "http",
		    "closed an HTTP client of %s, which has as many as one address may",
		    peer_format_address(peer, text));
	close(fd);
}

/* Takes the descriptor. One too many of its address is closed at once. */
static void admit(struct http *http, const struct net_address *from, int fd)
{
	struct peer peer;

	net_to_peer(from, &peer);
	http->counts->accepted++;
	if (!http_clients_admit(&http->clients, &peer, fd, clock_now_ms()))
		refuse(http, &peer, fd);
	else if (MHD_add_connection(http->library, fd, &from->any, from->length) != MHD_YES) {
		http->counts->accept_errors++;
		log_limited(&http->failures, LOG_LEVEL_WARNING, "http",
			    "cannot serve an HTTP client: the library has closed it");
		http_clients_forget(&http->clients, fd);
	}
}

static void listen_ready(struct selector_handler *handler, int fd, unsigned mask UNUSED)
{
	struct http *http = CONTAINER_OF(handler, struct http, listen_handler);
	struct net_address from;
	int r = 0;

	for (int i = 0; i < ACCEPTS_PER_TURN && http_clients_have_room(&http->clients); i++) {
		int client_fd;

		r = net_accept(fd, &from, &client_fd);
		if (r < 0)
			break;
		admit(http, &from, client_fd);
	}
	if (r < 0 && r != -EAGAIN && r != -ECONNABORTED) {
		http->counts->accept_errors++;
		log_limited(&http->failures, LOG_LEVEL_WARNING, "http",
			    "cannot accept an HTTP client: %s", strerror(-r));
		listen_again(http, false);
		http->listen_ms = clock_now_ms() + ACCEPT_AGAIN_MS;
	}
	run(http);
}

unsigned http_count_clients(const struct http *http)
{
	return http ? http_clients_count(&http->clients) : 0;
}

int64_t http_deadline_ms(const struct http *http)
{
	int64_t ms;

	if (!http)
		return INT64_MAX;
	ms = http_clients_deadline_ms(&http->clients);
	ms = http->run_ms < ms ? http->run_ms : ms;
	return http->listen_ms < ms ? http->listen_ms : ms;
}

void http_expire(struct http *http, int64_t now_ms)
{
	int fd;

	if (!http)
		return;
	while ((fd = http_clients_next_late(&http->clients, now_ms)) >= 0) {
		http->counts->timed_out++;
		end_client(http, fd, now_ms);
	}
	if (http->listen_ms <= now_ms) {
		http->listen_ms = INT64_MAX;
		listen_again(http, http_clients_have_room(&http->clients));
	}
	if (http->run_ms <= now_ms)
		run(http);
}

/* ---- Beginning and end ---- */

static struct MHD_Daemon *start_library(struct http *http)
{
	const bool epoll = MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES;

	return MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | (epoll ? MHD_USE_EPOLL : 0), 0, NULL,
				NULL, on_request, http,					 //
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,	 //
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,	 //
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CLIENTS_MAX, //
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CLIENT_BYTES,
				MHD_OPTION_END);
}

static int start(struct http *http)
{
	const union MHD_DaemonInfo *info;
	int r = 0;

	http->library = start_library(http);
	if (!http->library)
		return -ENOMEM;
	info = MHD_get_daemon_info(http->library, MHD_DAEMON_INFO_EPOLL_FD);
	http->epoll_fd = info ? info->epoll_fd : -1;
	if (http->epoll_fd >= 0)
		r = selector_register(http->selector, http->epoll_fd, EVENT_READ,
				      &http->library_handler);
	if (r < 0) {
		http->epoll_fd = -1;
		return r;
	}
	r = selector_register(http->selector, http->listen_fd, EVENT_READ, &http->listen_handler);
	http->listening = r >= 0;
	return r;
}

int http_open(const struct http_settings *settings, struct http **ret_http)
{
	struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http) {
		close(settings->listen_fd);
		return -ENOMEM;
	}
	http->listen_handler.ready = listen_ready;
	http->library_handler.ready = library_ready;
	http->selector = settings->selector;
	http->listen_fd = settings->listen_fd;
	http->answer = settings->answer;
	http->user = settings->user;
	http->counts = settings->counts;
	http->epoll_fd = http->highest_fd = -1;
	http->listen_ms = http->run_ms = INT64_MAX;
	http->refusals.interval_ms = http->failures.interval_ms = LOG_MS;
	http_clients_init(&http->clients);
	r = start(http);
	if (r < 0) {
		http_close(http);
		return r;
	}
	*ret_http = http;
	return 0;
}

struct http *http_close(struct http *http)
{
	if (!http)
		return NULL;
	listen_again(http, false);
	close(http->listen_fd);
	if (http->epoll_fd >= 0)
		selector_unregister(http->selector, http->epoll_fd);
	for (int fd = 0; fd <= http->highest_fd; fd++)
		watch(http, fd, 0);
	if (http->library)
		MHD_stop_daemon(http->library);
	forget_made(http);
	free(http);
	return NULL;
}
