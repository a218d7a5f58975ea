/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * run_talk.c: what is sent and received on an established connection.
 */
#include "multiconn/run_state.h"

#include <errno.h>
#include <sys/socket.h>

#include "echod/clock.h"

static ssize_t send_bytes(const struct connection *c, const uint8_t *data, size_t length)
{
	const ssize_t n = send(c->fd, data, length, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n;
}

/* It is made again for each piece, as nearly always there is one: a connection has no room for it.
 * Nobody counts these bytes, because a server that takes the header does not count them either. */
static ssize_t send_header(const struct run *run, struct connection *c)
{
	uint8_t header[PROXY_WRITTEN_MAX];
	const int length = proxy_choice_write(run->settings->proxy, c->fd, header);
	ssize_t n;

	if (length < 0)
		return length;
	n = send_bytes(c, header + c->header_sent, (size_t)length - c->header_sent);
	if (n > 0)
		connection_header_done(c, (size_t)n, (size_t)length);
	return n;
}

/* One send; how many bytes, 0 = no more now, -errno. */
static ssize_t send_piece(struct run *run, struct connection *c)
{
	const uint8_t *data;
	size_t length = connection_send_data(c, run->pattern, &data);
	bool first = connection_at_message(c, run->pattern);
	ssize_t n;

	if (length == 0)
		return 0;
	n = send_bytes(c, data, length);
	if (n <= 0)
		return n;
	if (first)
		transcript_sending(&run->settings->transcript, run_id_of(run, c),
				   run_address_of(run, c), data, length);
	connection_send_done(c, (size_t)n);
	run->tally->sent_bytes += (uint64_t)n;
	return n;
}

/* All that it has to wait for is the others. */
static void held(struct run *run, struct connection *c)
{
	deadline_stop(&c->timer);
	if (run->released)
		run_end(run, c);
	else
		run_watch(run, c);
}

void run_send_turn(struct run *run, struct connection *c)
{
	size_t sent = 0;
	ssize_t n;

	do {
		n = c->owes_header ? send_header(run, c) : send_piece(run, c);
		if (n > 0)
			sent += (size_t)n;
	} while (n > 0 && sent < RUN_SEND_BYTES);
	connection_sent(c, run->pattern);
	if (n < 0)
		run_fail_error(run, c, (int)-n);
	else if (c->state == CONNECTION_HELD)
		held(run, c);
	else if (sent == 0 || run_start_timer(run, c, run->settings->timeout_ms))
		run_watch(run, c);
}

/* Once every byte is verified, an error is only another way to end. */
static void receive_error(struct run *run, struct connection *c, int error)
{
	if (error == EAGAIN || error == EINTR)
		return;
	if (connection_owes_end(c, run->pattern))
		run_fail_error(run, c, error);
	else
		run_succeed(run, c);
}

static void receive_end(struct run *run, struct connection *c)
{
	struct problem problem;

	if (connection_eof(c, run->pattern, &problem))
		run_succeed(run, c);
	else
		run_fail(run, c, &problem);
}

/* The right bytes among those that came are counted also when a wrong one follows. */
static void receive_bytes(struct run *run, struct connection *c, size_t n)
{
	const bool wanted = c->state == CONNECTION_TALKING || !connection_is_endless(run->pattern);
	size_t before = c->verified;
	struct problem problem;
	bool right = connection_received(c, run->pattern, run->scratch, n, &problem);

	if (wanted || !right)
		transcript_received(&run->settings->transcript, run_id_of(run, c), run->scratch, n);
	if (c->state != CONNECTION_TALKING || !right)
		transcript_answered(&run->settings->transcript, run_address_of(run, c), &c->answer);
	run->tally->received_bytes += n;
	run->tally->verified_bytes += c->verified - before;
	if (c->verified > before)
		run->tally->duration_ns = clock_now_ns() - run->start_ns;
	if (!right) {
		run_fail(run, c, &problem);
	} else if (c->state == CONNECTION_TALKING) {
		run_start_timer(run, c, run->settings->timeout_ms);
	} else if (c->state == CONNECTION_HELD) {
		held(run, c);
	}
}

void run_receive_turn(struct run *run, struct connection *c)
{
	ssize_t n = recv(c->fd, run->scratch, RUN_RECEIVE_BYTES, 0);

	if (n < 0)
		receive_error(run, c, errno);
	else if (n == 0)
		receive_end(run, c);
	else
		receive_bytes(run, c, (size_t)n);
}
