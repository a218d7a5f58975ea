/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * exchange.c: see exchange.h. In a quiet network answers come in order, so the first look is at the
 * first open message, and it is the right one.
 */
#include "multiconn/exchange.h"

#include <string.h>

#include "multiconn/expect.h"

enum {
	MESSAGE_OPEN, /* sent or not, it wants an answer */
	MESSAGE_GIVEN_UP,
	MESSAGE_ANSWERED
};

bool exchange_next(const struct exchange *e, const struct pattern *p, const uint8_t **ret_data,
		   size_t *ret_length)
{
	if (e->sent == p->n_messages)
		return false;
	*ret_length = pattern_message(p, e->sent, ret_data);
	return true;
}

void exchange_sent(struct exchange *e, const struct pattern *p)
{
	e->sent++;
	if (expect_is_silent(p->expect))
		e->passed = e->sent;
}

size_t exchange_in_flight(const struct exchange *e)
{
	return e->sent - (e->passed > e->let_go ? e->passed : e->let_go);
}

void exchange_let_go(struct exchange *e)
{
	e->let_go = e->sent;
}

size_t exchange_unanswered(const struct exchange *e, const struct pattern *p, uint64_t *ret_bytes)
{
	const uint8_t *message;
	uint64_t bytes = 0;

	for (size_t i = e->first_open; i < e->sent; i++)
		if (e->messages[i] != MESSAGE_ANSWERED)
			bytes += pattern_message(p, i, &message);
	*ret_bytes = bytes;
	return e->sent - e->answered - e->late;
}

static bool is_message(const struct pattern *p, size_t i, const uint8_t *data, size_t n)
{
	const uint8_t *message;

	return pattern_message(p, i, &message) == n && memcmp(message, data, n) == 0;
}

/* Any right answer will do where the bytes of the message do not say which. */
static bool is_answer(const struct pattern *p, size_t i, const uint8_t *data, size_t n)
{
	return p->expect || is_message(p, i, data, n);
}

/* The first sent message from i on that this answers and that is answered, or is not; or e->sent. */
static size_t find(const struct exchange *e, const struct pattern *p, size_t i, bool answered,
		   const uint8_t *data, size_t n)
{
	while (i < e->sent &&
	       ((e->messages[i] == MESSAGE_ANSWERED) != answered || !is_answer(p, i, data, n)))
		i++;
	return i;
}

static void take_answer(struct exchange *e, size_t i)
{
	if (e->messages[i] == MESSAGE_GIVEN_UP) {
		if (e->late++ == 0)
			e->first_late = i;
	} else {
		e->answered++;
		e->reordered += i < e->passed;
	}
	e->messages[i] = MESSAGE_ANSWERED;
	if (i >= e->passed)
		e->passed = i + 1;
	while (e->first_open < e->sent && e->messages[e->first_open] == MESSAGE_ANSWERED)
		e->first_open++;
}

/* It is compared with the oldest message that wants an answer. */
static struct problem wrong(const struct exchange *e, const struct pattern *p, const uint8_t *data,
			    size_t n)
{
	struct problem problem = { .failure = FAILURE_MISMATCH,
				   .established = true,
				   .datagram = e->first_open + 1,
				   .expected = NULL };
	const uint8_t *message = NULL;
	const size_t length =
	    e->first_open < e->sent ? pattern_message(p, e->first_open, &message) : 0;
	size_t right = 0;

	while (right < n && right < length && message[right] == data[right])
		right++;
	problem.offset = right;
	problem.expected = message ? message + right : NULL;
	problem.n_expected = length - right;
	problem.received = data + right;
	problem.n_received = n - right;
	return problem;
}

/* Whether another service's answer is right; the problem when it is not. */
static bool judge(const struct exchange *e, const struct pattern *p, const uint8_t *data, size_t n,
		  struct problem *ret_problem)
{
	struct expect_finding finding;

	if (expect_judge_datagram(p->expect, data, n, &finding) == EXPECT_DONE)
		return true;
	*ret_problem = (struct problem){
		.failure = FAILURE_MISMATCH,
		.established = true,
		.datagram = expect_is_silent(p->expect) ? 0 : e->first_open + 1,
		.offset = finding.right,
		.wanted = finding.wanted,
		.received = data + finding.right,
		.n_received = n - finding.right,
	};
	return false;
}

enum arrival exchange_received(struct exchange *e, const struct pattern *p, const uint8_t *data,
			       size_t n, struct problem *ret_problem)
{
	size_t i = find(e, p, e->first_open, false, data, n);

	if (p->expect && !judge(e, p, data, n, ret_problem))
		return ARRIVAL_WRONG;
	if (i < e->sent) {
		take_answer(e, i);
		return ARRIVAL_ANSWER;
	}
	i = find(e, p, 0, true, data, n);
	if (i < e->sent) {
		if (e->duplicates++ == 0)
			e->first_duplicate = i;
		return ARRIVAL_DUPLICATE;
	}
	*ret_problem = wrong(e, p, data, n);
	return ARRIVAL_WRONG;
}

void exchange_give_up(struct exchange *e)
{
	for (size_t i = e->first_open; i < e->sent; i++)
		if (e->messages[i] == MESSAGE_OPEN)
			e->messages[i] = MESSAGE_GIVEN_UP;
	e->passed = e->sent;
}

/* How many have come to their end. */
static size_t n_settled(const struct exchange *e, const struct pattern *p)
{
	return expect_is_silent(p->expect) ? e->sent : e->answered + e->late;
}

bool exchange_is_complete(const struct exchange *e, const struct pattern *p)
{
	return n_settled(e, p) == p->n_messages;
}

/* What an end without every answer comes to. */
static struct problem missing(const struct exchange *e, const struct pattern *p)
{
	const size_t n_missing = p->n_messages - n_settled(e, p);

	return (struct problem){
		.failure = FAILURE_SHORTFALL,
		.established = e->answered + e->late > 0,
		.datagram = (n_missing > 0 ? e->first_open : e->first_late) + 1,
		.n_missing = n_missing,
		.n_late = e->late,
	};
}

bool exchange_verdict(const struct exchange *e, const struct pattern *p,
		      struct problem *ret_problem)
{
	if (expect_is_silent(p->expect) && exchange_is_complete(e, p))
		return true;
	if (e->answered < p->n_messages) {
		*ret_problem = missing(e, p);
		if (e->answered == 0 || ret_problem->n_missing == 0)
			ret_problem->failure = FAILURE_TIMEOUT;
		return false;
	}
	if (e->duplicates > 0) {
		*ret_problem = (struct problem){ .failure = FAILURE_MISMATCH,
						 .established = true,
						 .datagram = e->first_duplicate + 1 };
		if (p->expect) /* which did not say the same, and has gone */
			ret_problem->wanted = "no second answer";
		else
			ret_problem->n_received =
			    pattern_message(p, e->first_duplicate, &ret_problem->received);
		return false;
	}
	return true;
}

struct problem exchange_error(const struct exchange *e, const struct pattern *p, int error)
{
	struct problem problem = missing(e, p);

	problem.failure = failure_of_error(error, problem.established);
	problem.error = error;
	return problem;
}
