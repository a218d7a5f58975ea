/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_feed.c owns the two connections.
 */
#include "echoctl/top_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "echod/clock.h"

#define WATCH_STATUS CONTROL_INTERFACE ".WatchStatus"
#define LIST	     CONTROL_INTERFACE ".ListConnections"

enum {
	MESSAGE_MAX_BYTES = 16 * 1024 * 1024,
	CONNECT_MS = 1000,  /* the only thing that is waited for */
	AGAIN_MS = 100,	    /* between two connections */
	LIST_MS = 10000,    /* longer than the daemon waits for a worker */
	LIST_ROWS_MIN = 64, /* so many are marked, at least, whatever is shown */
	RATE_ROWS = 512	    /* of those that moved bytes last, the fastest are found */
};

static int64_t patience_ms(const struct top_feed *feed)
{
	const int64_t timeout_ms = feed->session->options->timeout_ms;

	return feed->interval_ms + (timeout_ms > 0 ? timeout_ms : OPTIONS_TIMEOUT_MS);
}

void top_feed_renew(struct top_feed *feed, int64_t now_ms)
{
	feed->deadline_ms = now_ms + patience_ms(feed);
}

/* A link of its own on the client's connection, which is closed in any case. */
static int make_link(struct top_feed *feed, struct control_client *client,
		     void (*closed)(struct control_link *link, void *user),
		     struct control_link **ret_link)
{
	const int fd = fcntl(control_client_fd(client), F_DUPFD_CLOEXEC, 0);
	const int r = fd < 0 ? -errno : 0;

	control_client_close(client);
	return r < 0 ? r
		     : control_link_new(feed->selector, fd, MESSAGE_MAX_BYTES, closed, feed,
					ret_link);
}

/* ---- The status ---- */

static void status_replied(const json_t *reply, int error, bool final, void *user)
{
	struct top_feed *feed = user;
	const json_t *parameters = json_object_get(reply, "parameters");

	if (error)
		return; /* the link is lost, or let go */
	if (final || !json_is_object(parameters)) {
		json_decref(feed->refusal);
		feed->refusal = json_incref((json_t *)(uintptr_t)reply);
		return;
	}
	feed->heard = true;
	top_feed_renew(feed, clock_now_ms());
	feed->status(parameters, feed->user);
}

static void status_closed(struct control_link *link, void *user)
{
	struct top_feed *feed = user;

	feed->status_link = control_link_free(link);
	feed->lost = true;
}

static int watch(struct top_feed *feed, struct control_client *client)
{
	int r = make_link(feed, client, status_closed, &feed->status_link);

	if (r < 0)
		return r;
	feed->heard = feed->lost = false;
	feed->again_ms = clock_now_ms() + AGAIN_MS;
	top_feed_renew(feed, clock_now_ms());
	return control_link_call(feed->status_link, WATCH_STATUS,
				 json_pack("{s:I}", "interval_ms", (json_int_t)feed->interval_ms),
				 true, NULL, 0, 0, status_replied, feed);
}

int top_feed_open(struct top_feed *feed)
{
	struct control_client *client = feed->session->client;

	feed->session->client = NULL;
	return watch(feed, client);
}

void top_feed_close(struct top_feed *feed)
{
	feed->status_link = control_link_free(feed->status_link);
	feed->list_link = control_link_free(feed->list_link);
	json_decref(feed->refusal);
	feed->refusal = NULL;
}

/* ---- Lists ---- */

static void list_failed(struct top_feed *feed, const char *why)
{
	feed->listing = false;
	feed->no_list(why, feed->user);
}

static void refused(struct top_feed *feed, const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");
	const json_t *worker = json_object_get(json_object_get(reply, "parameters"), "worker");
	char *text = json_dumps(error, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	char why[RENDER_WRONG_SIZE];

	if (json_is_integer(worker))
		snprintf(why, sizeof(why), "no list of connections: worker %d does not answer",
			 (int)json_integer_value(worker));
	else
		snprintf(why, sizeof(why), "no list of connections: %s",
			 text ? text : "out of memory");
	free(text);
	list_failed(feed, why);
}

static void list_replied(const json_t *reply, int error, bool final, void *user)
{
	struct top_feed *feed = user;
	const json_t *parameters = json_object_get(reply, "parameters");

	if (error == -ETIMEDOUT) {
		list_failed(feed, "no list of connections: no answer in time");
	} else if (error) {
		list_failed(feed, "no list of connections: the daemon closed the connection");
	} else if (json_object_get(reply, "error")) {
		refused(feed, reply);
	} else {
		feed->listing = !final;
		feed->page(parameters, final, feed->user);
	}
}

static void list_closed(struct control_link *link, void *user)
{
	struct top_feed *feed = user;

	feed->list_link = control_link_free(link);
}

static json_t *list_wanted(enum top_order order, bool reverse, int64_t rows)
{
	const bool rate = order == TOP_BY_RATE;
	int64_t limit = rate ? RATE_ROWS : LIST_ROWS_MIN;

	if (rows > limit)
		limit = rows;
	return json_pack("{s:s, s:b, s:I}", "sort", rate ? "idle" : top_order_name(order),
			 "reverse", rate || reverse, "limit", (json_int_t)limit);
}

static int connect_list(struct top_feed *feed)
{
	struct control_client *client;
	const int r = control_client_open(feed->session->path, CONNECT_MS, &client);

	return r < 0 ? r : make_link(feed, client, list_closed, &feed->list_link);
}

void top_feed_ask_list(struct top_feed *feed, enum top_order order, bool reverse, int64_t rows)
{
	int r = 0;

	if (feed->listing)
		return;
	if (!feed->list_link)
		r = connect_list(feed);
	if (r == 0)
		r = control_link_call(feed->list_link, LIST, list_wanted(order, reverse, rows),
				      true, NULL, 0, LIST_MS, list_replied, feed);
	feed->listing = r == 0;
	if (r < 0)
		feed->no_list("no list of connections: the daemon does not take calls", feed->user);
}

/* ---- A turn ---- */

int64_t top_feed_deadline_ms(const struct top_feed *feed)
{
	int64_t ms = feed->deadline_ms;

	if (feed->lost)
		ms = feed->heard ? feed->again_ms : 0;
	if (feed->refusal)
		ms = 0;

	if (feed->status_link && control_link_deadline_ms(feed->status_link) < ms)
		ms = control_link_deadline_ms(feed->status_link);
	if (feed->list_link && control_link_deadline_ms(feed->list_link) < ms)
		ms = control_link_deadline_ms(feed->list_link);
	return ms;
}

/* One that was heard may have closed us for being slow, or have been replaced by another. 0: there is
 * a connection, or it is too early for another one. */
static int find_again(struct top_feed *feed, int64_t now_ms)
{
	struct control_client *client;
	int r;

	if (!feed->heard)
		return -ECONNRESET;
	if (now_ms < feed->again_ms)
		return 0;
	r = control_client_open(feed->session->path, CONNECT_MS, &client);
	return r < 0 ? r : watch(feed, client);
}

static int explain_refusal(const struct top_feed *feed)
{
	json_t *parameters = NULL;
	int code = session_take(feed->session, WATCH_STATUS, feed->refusal, &parameters);

	json_decref(parameters);
	return code == EXIT_OK ? session_failed(feed->session, -EBADMSG) : code;
}

bool top_feed_turn(struct top_feed *feed, int64_t now_ms, void (*before_words)(void *user),
		   int *ret_code)
{
	const bool gone = feed->lost && find_again(feed, now_ms) < 0;

	if (feed->status_link)
		control_link_expire(feed->status_link, now_ms);
	if (feed->list_link)
		control_link_expire(feed->list_link, now_ms);
	if (!feed->refusal && !gone && now_ms < feed->deadline_ms)
		return true;
	before_words(feed->user);
	if (feed->refusal) {
		*ret_code = explain_refusal(feed);
	} else if (gone) {
		session_complain("%s: the daemon has gone", feed->session->path);
		*ret_code = EXIT_NOT_RUNNING;
	} else {
		*ret_code = session_failed(feed->session, -ETIMEDOUT);
	}
	return false;
}
