/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * control_check.c: GetStatus twice, and the subtraction.
 */
#include "multiconn/control_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "echod/clock.h"
#include "echod/control.h"
#include "multiconn/interrupt.h"

enum {
	AGREE_MS = 1000, /* the daemon may still be reading what we sent */
	AGAIN_MS = 10
};

/* ---- One answer ---- */

static int read_count(const json_t *totals, const char *name, int64_t *ret_count)
{
	const json_t *count = json_object_get(totals, name);

	if (!json_is_integer(count))
		return -EBADMSG;
	*ret_count = json_integer_value(count);
	return 0;
}

static int read_datagrams(const json_t *totals, struct control_counts_seen *seen)
{
	const int r = read_count(totals, "datagrams_received", &seen->datagrams_received);

	return r < 0 ? r : read_count(totals, "datagrams_sent", &seen->datagrams_sent);
}

static int read_status(const json_t *reply, bool udp, FILE *err,
		       struct control_counts_seen *ret_seen)
{
	const char *error = json_string_value(json_object_get(reply, "error"));
	const json_t *totals = json_object_get(json_object_get(reply, "parameters"), "totals");
	struct control_counts_seen seen = { 0 };

	if (error) {
		fprintf(err, "multiconn: control: the daemon answered %s\n", error);
		return -EREMOTEIO;
	}
	if (read_count(totals, "accepted", &seen.accepted) < 0 ||
	    read_count(totals, "received_bytes", &seen.received_bytes) < 0 ||
	    read_count(totals, "sent_bytes", &seen.sent_bytes) < 0 ||
	    (udp && read_datagrams(totals, &seen) < 0)) {
		fputs("multiconn: control: the answer is no status\n", err);
		return -EBADMSG;
	}
	*ret_seen = seen;
	return 0;
}

static int ask_open(struct control_client *client, const struct control_check *check, FILE *err,
		    struct control_counts_seen *ret_seen)
{
	json_t *reply;
	int r = control_client_call(client, CONTROL_INTERFACE ".GetStatus", NULL, check->timeout_ms,
				    &reply);

	if (r < 0) {
		fprintf(err, "multiconn: control: no answer from %s: %s\n", check->found,
			strerror(-r));
		return r;
	}
	r = read_status(reply, check->udp, err, ret_seen);
	json_decref(reply);
	return r;
}

/* The first of the places that answers, when there are several. */
static int find_client(struct control_check *check, FILE *err, struct control_client **ret_client)
{
	const char *given = strcmp(check->path, "auto") == 0 ? NULL : check->path;
	char *tried = NULL;
	const int r =
	    control_client_find(given, check->timeout_ms, ret_client, &check->found, &tried);

	if (r < 0)
		fprintf(err, "multiconn: control: cannot connect to %s: %s\n",
			tried ? tried : check->path, strerror(-r));
	free(tried);
	return r;
}

/* The same daemon once more. */
static int open_client(const struct control_check *check, FILE *err,
		       struct control_client **ret_client)
{
	int r = control_client_open(check->found, check->timeout_ms, ret_client);

	if (r < 0)
		fprintf(err, "multiconn: control: cannot connect to %s: %s\n", check->found,
			strerror(-r));
	return r;
}

int control_check_begin(struct control_check *check, FILE *err)
{
	struct control_client *client;
	int r = find_client(check, err, &client);

	if (r < 0)
		return r;
	r = ask_open(client, check, err, &check->before);
	control_client_close(client);
	return r;
}

void control_check_fini(struct control_check *check)
{
	free(check->found);
	check->found = NULL;
}

/* ---- Two answers ---- */

static enum verdict compare_one(int64_t before, int64_t after, uint64_t own)
{
	uint64_t counted = after > before ? (uint64_t)(after - before) : 0;

	return counted < own ? VERDICT_LESS : counted > own ? VERDICT_MORE : VERDICT_AGREES;
}

/* What has no end is cut off by our own: the rest was sent, and nobody has read it. */
static enum verdict compare_sent(int64_t before, int64_t after, const struct tally *tally)
{
	const enum verdict verdict = compare_one(before, after, tally->received_bytes);

	return verdict == VERDICT_MORE && tally->endless ? VERDICT_UNREAD : verdict;
}

enum verdict control_check_compare(const struct control_counts_seen *before,
				   const struct control_counts_seen *after,
				   const struct tally *tally)
{
	const struct datagram_tally *d = &tally->datagrams;
	const enum verdict verdicts[] = {
		compare_one(before->accepted, after->accepted, d->used ? 0 : tally->established),
		compare_one(before->datagrams_received, after->datagrams_received,
			    d->sent - d->refused),
		compare_one(before->datagrams_sent, after->datagrams_sent, d->received),
		compare_one(before->received_bytes, after->received_bytes,
			    tally->sent_bytes - d->refused_bytes),
		compare_sent(before->sent_bytes, after->sent_bytes, tally),
	};
	enum verdict worst = VERDICT_AGREES;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (verdicts[i] > worst)
			worst = verdicts[i];
	return worst;
}

static void say_datagrams(FILE *err, const struct control_counts_seen *before,
			  const struct control_counts_seen *after, const struct tally *tally)
{
	fprintf(err,
		"multiconn: control: the server counts %" PRId64 " datagrams received, %" PRId64
		" sent; we sent %" PRIu64 ", received %" PRIu64 "\n",
		after->datagrams_received - before->datagrams_received,
		after->datagrams_sent - before->datagrams_sent,
		tally->datagrams.sent - tally->datagrams.refused, tally->datagrams.received);
}

static void say_difference(FILE *err, const struct control_counts_seen *before,
			   const struct control_counts_seen *after, const struct tally *tally)
{
	if (tally->datagrams.used) {
		say_datagrams(err, before, after, tally);
		return;
	}
	fprintf(err,
		"multiconn: control: the server counts %" PRId64 " connections, %" PRId64
		" bytes received, %" PRId64 " sent; we made %zu, sent %" PRIu64
		", received %" PRIu64 "\n",
		after->accepted - before->accepted, after->received_bytes - before->received_bytes,
		after->sent_bytes - before->sent_bytes, tally->established, tally->sent_bytes,
		tally->received_bytes);
}

static void pause_ms(int64_t ms)
{
	const struct timespec time = { .tv_nsec = ms * 1000000 };

	nanosleep(&time, NULL);
}

static int ask_until_agreed(struct control_client *client, const struct control_check *check,
			    struct tally *tally, FILE *err, struct control_counts_seen *ret_after)
{
	int64_t end_ms = clock_now_ms() + AGREE_MS;
	enum verdict verdict;
	int r;

	for (;;) {
		r = ask_open(client, check, err, ret_after);
		if (r < 0)
			return r;
		verdict = control_check_compare(&check->before, ret_after, tally);
		if (verdict != VERDICT_LESS || clock_now_ms() >= end_ms || interrupt_seen())
			break;
		pause_ms(AGAIN_MS);
	}
	tally->server = verdict;
	return 0;
}

int control_check_end(const struct control_check *check, struct tally *tally, FILE *err)
{
	struct control_client *client;
	struct control_counts_seen after;
	int r = open_client(check, err, &client);

	if (r < 0)
		return r;
	r = ask_until_agreed(client, check, tally, err, &after);
	control_client_close(client);
	if (r < 0)
		return r;
	if (tally->server == VERDICT_UNREAD)
		tally->unread_bytes =
		    (uint64_t)(after.sent_bytes - check->before.sent_bytes) - tally->received_bytes;
	else if (tally->server != VERDICT_AGREES)
		say_difference(err, &check->before, &after, tally);
	return 0;
}
