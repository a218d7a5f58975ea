/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * wait.c: waiting until the daemon is as a script wants it. The daemon tells its status again and
 * again; while it has no place for one more client it is asked again. Only for it to be ready is it
 * also waited for while it is not there yet.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"
#include "echoctl/session.h"
#include "echoctl/verbs.h"
#include "echod/clock.h"
#include "echod/parse.h"

enum {
	INTERVAL_MS = 100,
	AGAIN_MS = 50, /* between two looks for a daemon */
	IT_IS_SO = -3  /* ends the stream; neither an exit code nor one of the session's */
};

#define AT_MOST "connections<="

struct wish {
	const struct session *session;
	const char *state; /* or NULL: this many connections */
	int64_t connections;
	int64_t deadline_ms; /* 0 = none */
	bool busy;	     /* instead of a status, the daemon had no place for us */
};

static int read_wish(const char *word, struct wish *ret_wish)
{
	*ret_wish = (struct wish){ .state = NULL };
	if (strcmp(word, "ready") == 0)
		ret_wish->state = "running";
	else if (strcmp(word, "drained") == 0)
		ret_wish->state = "drained";
	else if (strncmp(word, AT_MOST, strlen(AT_MOST)) == 0)
		return parse_integer(word + strlen(AT_MOST), 0, INT64_MAX, &ret_wish->connections);
	else
		return -EINVAL;
	return 0;
}

int check_wait(struct options *options)
{
	struct wish wish;

	if (read_wish(options->arguments[0], &wish) >= 0)
		return 0;
	return options_refuse(options,
			      "cannot wait for '%s'; there are ready, drained and '" AT_MOST "N'",
			      options->arguments[0]);
}

static bool is_so(const struct wish *wish, const json_t *status, struct fields *f)
{
	const char *state = fields_text(f, status, "", "state");
	const json_t *totals = fields_object(f, status, "totals");
	const int64_t active = totals ? fields_integer(f, totals, "totals", "active") : 0;

	if (wish->state)
		return strcmp(state, wish->state) == 0;
	return active <= wish->connections;
}

static int take_status(const json_t *status, bool last, void *user)
{
	struct wish *wish = user;
	const struct options *options = wish->session->options;
	char wrong[RENDER_WRONG_SIZE] = "";
	struct fields f = { .wrong = wrong };
	const bool so = is_so(wish, status, &f);

	(void)last;
	wish->busy = false;
	if (wrong[0])
		return answer_is_wrong(wish->session, wrong);
	if (so) {
		if (options->json)
			render_json(status, false, stdout);
		else
			puts(options->arguments[0]);
		return IT_IS_SO;
	}
	return EXIT_OK;
}

static bool is_late(const struct wish *wish)
{
	return wish->deadline_ms && clock_now_ms() >= wish->deadline_ms;
}

/* Only for this there need not be a daemon yet. */
static bool is_for_ready(const struct wish *wish)
{
	return wish->state && strcmp(wish->state, "running") == 0;
}

/* True when there is a daemon, or no hope for one. */
static bool may_go_on(const struct wish *wish, const struct options *options)
{
	struct control_client *client = NULL;
	char *tried = NULL;
	const int r = control_client_find(options->socket, INTERVAL_MS, &client, NULL, &tried);

	control_client_close(client);
	free(tried);
	return (r != -ENOENT && r != -ECONNREFUSED) || is_late(wish);
}

/* How long the daemon may take for a reply. */
static int64_t patience_ms(const struct wish *wish, const struct options *options)
{
	const int64_t patience_ms = options->verb->patience_ms;
	const int64_t left_ms = wish->deadline_ms - clock_now_ms();

	if (!wish->deadline_ms || left_ms > patience_ms)
		return patience_ms;
	return left_ms > 1 ? left_ms : 1;
}

/* Asks the daemon that there is until it is so. */
static int watch(struct session *session, struct wish *wish)
{
	const struct options *options = session->options;
	int code = session_open_within(session, options, patience_ms(wish, options));

	session->end_ms = wish->deadline_ms;
	session->may_go = is_for_ready(wish);
	session->may_be_busy = true;
	if (code == EXIT_OK)
		code = session_stream(session, CONTROL_INTERFACE ".WatchStatus",
				      json_pack("{s:i}", "interval_ms", INTERVAL_MS), take_status,
				      wish);
	return code;
}

/* Could it still become so, after a watch that ended with this code? */
static bool is_hope_left(const struct wish *wish, int code)
{
	if (code == SESSION_BUSY)
		return !is_late(wish);
	return code == EXIT_NOT_RUNNING && is_for_ready(wish) &&
	       (wish->session->client || !is_late(wish));
}

int run_wait(struct session *session)
{
	const struct options *options = session->options;
	struct wish wish;
	int code = EXIT_OK;

	read_wish(options->arguments[0], &wish);
	wish.session = session;
	if (options->timeout_ms > 0)
		wish.deadline_ms = clock_now_ms() + options->timeout_ms;
	do {
		session_close(session);
		if (code == SESSION_BUSY)
			poll(NULL, 0, AGAIN_MS);
		while (is_for_ready(&wish) && !may_go_on(&wish, options))
			poll(NULL, 0, AGAIN_MS);
		code = watch(session, &wish);
		wish.busy = wish.busy || code == SESSION_BUSY;
	} while (is_hope_left(&wish, code));
	if (code == SESSION_TIME_IS_UP || code == SESSION_BUSY) {
		session_complain("waited in vain for %s%s", options->arguments[0],
				 wish.busy ? ": the daemon has too many clients" : "");
		code = EXIT_NO_ANSWER;
	}
	return code == IT_IS_SO ? EXIT_OK : code;
}
