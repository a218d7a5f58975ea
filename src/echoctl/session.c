/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * session.c owns the translation of everything that can go wrong between echoctl and the daemon into
 * a sentence and an exit code.
 */
#include "build.h"

#include "echoctl/session.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "echoctl/denied.h"
#include "echoctl/refusal.h"
#include "echoctl/render_table.h"
#include "echoctl/verbs.h"
#include "echod/clock.h"

enum {
	GONE_AGAIN_MS = 20 /* between two looks at a socket that still answers */
};

void session_complain(const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL; /* undefined after a failure */
	va_end(args);
	fflush(stdout);
	fputs("echoctl: ", stderr);
	render_print(text ? text : "out of memory", stderr);
	fputc('\n', stderr);
}

int session_flush(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_OK;
	session_complain("standard output: %s",
			 errno ? strerror(errno) : "not all of it was taken");
	return EXIT_REFUSED;
}

static int64_t left_of(const struct session *session)
{
	int64_t left = session->deadline_ms - clock_now_ms();

	return left > 0 ? left : 0;
}

/* ---- Connecting ---- */

/* Of several places the first is the one that is most likely meant. */
static void explain_denied(const char *tried)
{
	CLEANUP_FREE char *path = strndup(tried, strcspn(tried, ","));
	const struct group *group = NULL;
	struct stat st;

	if (path && stat(path, &st) == 0)
		group = getgrgid(st.st_gid);
	if (group)
		session_complain("%s: not permitted; join the group '%s' or be root", tried,
				 group->gr_name);
	else
		session_complain("%s: not permitted; be root, or the user it runs as", tried);
}

static int connect_failed(int error, const char *tried)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		explain_denied(tried);
		return EXIT_NOT_PERMITTED;
	case -ETIMEDOUT:
		session_complain("the daemon does not answer; tried %s", tried);
		return EXIT_NO_ANSWER;
	case -ENOENT:
	case -ECONNREFUSED:
		session_complain("the daemon is not running; tried %s", tried);
		return EXIT_NOT_RUNNING;
	case -ENOMEM:
		session_complain("out of memory");
		return EXIT_REFUSED;
	default:
		session_complain("no daemon there: %s; tried %s", strerror(-error), tried);
		return EXIT_NOT_RUNNING;
	}
}

int session_open(struct session *session, const struct options *options)
{
	int64_t timeout_ms = options->timeout_ms ? options->timeout_ms : OPTIONS_TIMEOUT_MS;

	if (options->verb->patience_ms > 0)
		timeout_ms = options->verb->patience_ms;
	return session_open_within(session, options, timeout_ms);
}

int session_open_within(struct session *session, const struct options *options, int64_t timeout_ms)
{
	CLEANUP_FREE char *tried = NULL;
	int r;

	*session =
	    (struct session){ .options = options, .deadline_ms = clock_now_ms() + timeout_ms };
	r = control_client_find(options->socket, timeout_ms, &session->client, &session->path,
				&tried);
	return r < 0 ? connect_failed(r, tried ? tried : "") : EXIT_OK;
}

void session_close(struct session *session)
{
	session->client = control_client_close(session->client);
	free(session->path);
	session->path = NULL;
}

/* ---- Calling ---- */

static bool still_answers(const struct session *session)
{
	struct control_client *client;
	int r = control_client_open(session->path, left_of(session), &client);

	if (r == 0)
		control_client_close(client);
	return r == 0 || r == -ETIMEDOUT;
}

/* The daemon has closed the connection: because it has gone, or for a reason of its own. */
static int lost(const struct session *session)
{
	if (still_answers(session)) {
		if (session->may_be_busy)
			return SESSION_BUSY;
		session_complain("%s: closed without an answer; is the daemon busy with too many "
				 "clients?",
				 session->path);
		return EXIT_NO_ANSWER;
	}
	if (!session->may_go)
		session_complain("%s: the daemon has gone", session->path);
	return EXIT_NOT_RUNNING;
}

int session_failed(const struct session *session, int error)
{
	switch (error) {
	case -ETIMEDOUT:
		session_complain("%s: no answer in time", session->path);
		return EXIT_NO_ANSWER;
	case -ECONNRESET:
		return lost(session);
	case -EBADMSG:
		session_complain("%s: the answer is not of echod's protocol", session->path);
		return EXIT_PROTOCOL;
	default:
		session_complain("%s: %s", session->path, strerror(-error));
		return EXIT_REFUSED;
	}
}

/* The daemon answered with an error. Its words come from outside: no control byte is printed, as
 * JSON escapes them. */
static int refused(const struct session *session, const char *method, const char *error,
		   const json_t *parameters)
{
	const bool named = session->by_name && strcmp(error, CONTROL_ERROR_PARAMETER) == 0;
	char *text;

	if (strcmp(error, CONTROL_ERROR_PERMISSION) == 0) {
		denied_explain(session->client, method);
		return EXIT_NOT_PERMITTED;
	}
	if (strcmp(error, CONTROL_ERROR_NOT_FOUND) == 0 ||
	    strcmp(error, CONTROL_ERROR_NO_INTERFACE) == 0 ||
	    strcmp(error, CONTROL_ERROR_NOT_IMPLEMENTED) == 0) {
		session_complain("the daemon knows no %s; is it of another version?", method);
		return EXIT_PROTOCOL;
	}
	if (!named && refusal_explain(error, parameters))
		return EXIT_REFUSED;
	text = json_object_size(parameters) > 0
		   ? json_dumps(parameters, JSON_COMPACT | JSON_ENSURE_ASCII)
		   : NULL;
	session_complain("the daemon refused: %.*s%s%s", (int)strcspn(error, "\n\033"), error,
			 text ? " " : "", text ? text : "");
	free(text);
	return EXIT_REFUSED;
}

int session_take(const struct session *session, const char *method, const json_t *reply,
		 json_t **ret_parameters)
{
	const json_t *error = json_object_get(reply, "error");
	json_t *parameters = json_object_get(reply, "parameters");

	if (json_is_string(error))
		return refused(session, method, json_string_value(error), parameters);
	if (error || !json_is_object(parameters))
		return session_failed(session, -EBADMSG);
	*ret_parameters = json_incref(parameters);
	return EXIT_OK;
}

int session_ask(struct session *session, const char *method, json_t *parameters, json_t **ret_reply)
{
	const int r =
	    control_client_call(session->client, method, parameters, left_of(session), ret_reply);

	return r < 0 ? session_failed(session, r) : EXIT_OK;
}

int session_call(struct session *session, const char *method, json_t *parameters,
		 json_t **ret_parameters)
{
	json_t *reply = NULL;
	int code = session_ask(session, method, parameters, &reply);

	if (code != EXIT_OK)
		return code;
	code = session_take(session, method, reply, ret_parameters);
	json_decref(reply);
	return code;
}

static bool is_time_up(const struct session *session)
{
	return (session->begun && session->silence_ms) ||
	       (session->end_ms && clock_now_ms() >= session->end_ms);
}

/* Takes one reply of a stream. An exit code; *ret_last when no more follow. */
static int take_page(struct session *session, const char *method, bool *ret_last,
		     int (*page)(const json_t *parameters, bool last, void *user), void *user)
{
	json_t *reply = NULL, *parameters = NULL;
	int r = control_client_receive(session->client, left_of(session), &reply);
	int code;

	if (r == -ETIMEDOUT && is_time_up(session))
		return SESSION_TIME_IS_UP;
	if (r < 0)
		return session_failed(session, r);
	session->begun = true;
	*ret_last = !json_is_true(json_object_get(reply, "continues"));
	code = session_take(session, method, reply, &parameters);
	if (code == EXIT_OK)
		code = page(parameters, *ret_last, user);
	json_decref(parameters);
	json_decref(reply);
	return code;
}

int session_stream(struct session *session, const char *method, json_t *parameters,
		   int (*page)(const json_t *parameters, bool last, void *user), void *user)
{
	int64_t patience_ms = left_of(session);
	int r = control_client_send(session->client, method, parameters, true, patience_ms);
	int code = r < 0 ? session_failed(session, r) : EXIT_OK;
	bool last = false;

	while (code == EXIT_OK && !last) {
		if (session->begun && session->silence_ms)
			patience_ms = session->silence_ms;
		session->deadline_ms = clock_now_ms() + patience_ms;
		if (session->end_ms && session->end_ms < session->deadline_ms)
			session->deadline_ms = session->end_ms;
		code = take_page(session, method, &last, page, user);
	}
	return code;
}

void session_wait_longer(struct session *session, int64_t timeout_ms)
{
	if (session->options->timeout_ms == 0)
		session->deadline_ms = clock_now_ms() + timeout_ms;
}

/* ---- Waiting for the end ---- */

/* Until the other end closes. What it sends till then is of no interest. */
static int wait_closed(struct session *session)
{
	json_t *reply;
	int r;

	while ((r = control_client_receive(session->client, left_of(session), &reply)) == 0)
		json_decref(reply);
	return r == -ETIMEDOUT ? r : 0;
}

int session_wait_gone(struct session *session, int64_t timeout_ms)
{
	int r;

	session->deadline_ms = clock_now_ms() + timeout_ms;
	r = wait_closed(session);
	while (r == 0 && still_answers(session)) {
		if (left_of(session) == 0)
			r = -ETIMEDOUT;
		else
			poll(NULL, 0, GONE_AGAIN_MS);
	}
	if (r == 0)
		return EXIT_OK;
	session_complain("%s: the daemon is stopping, but has not gone in time", session->path);
	return EXIT_NO_ANSWER;
}
