/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The daemon's ends of the control protocol, server and link, when calls fail: each answer that makes
 * sense to each system call, and every point of a whole exchange, jansson's allocations included. A
 * client may be lost by a failure; the server never is, and the next client is served.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/clock.h"
#include "echod/net.h"
#include "echod/wire.h"
#include "tests/control/stage.h"
#include "tests/fake/fake_syscalls.h"

enum {
	LINK_MAX = 64 * 1024
};

static const char request[] =
    "{\"method\":\"test.Stage.Echo\",\"parameters\":{\"text\":\"0123456789\"}}";
static const char reply[] = "{\"parameters\":{\"text\":\"0123456789\"}};";

static int setup(void **state)
{
	struct stage *stage;

	json_set_alloc_funcs(fake_malloc, free);
	if (stage_setup(state) < 0)
		return -1;
	stage = *state;
	stage->settings.may = NULL; /* the stage's own insists on knowing who asks */
	return 0;
}

static int teardown(void **state)
{
	fake_reset();
	return stage_teardown(state);
}

/* ---- Server ---- */

/* A raw client whose request has been sent but not yet looked at. */
static int send_request(struct stage *stage)
{
	struct net_address address;
	int fd = -1;

	fake_suspend(true);
	assert_int_equal(net_parse_path(stage->path, &address), 0);
	assert_int_equal(net_connect(&address, NULL, &fd), 0);
	stage_send(fd, request, sizeof(request));
	fake_suspend(false);
	return fd;
}

/* Serves until nothing is ready, also what a failed accept put off and an interruption hid. */
static void serve_all(struct stage *stage)
{
	for (int i = 0; i < 3; i++) {
		stage_turn(stage);
		control_server_expire(stage->server, clock_now_ms() + 3600 * 1000);
	}
	stage_turn(stage);
}

static const char *answer_to(int fd)
{
	const char *text;

	fake_suspend(true);
	text = stage_received(fd);
	close(fd);
	fake_suspend(false);
	return text;
}

static void expect_served(struct stage *stage)
{
	int fd = send_request(stage);

	serve_all(stage);
	assert_string_equal(answer_to(fd), reply);
	serve_all(stage); /* sees it go */
}

struct fault {
	enum fake_call call;
	int error;
	bool served; /* the client does not notice; else it is closed */
};

static void test_server_when_a_call_fails_then_the_next_client_is_served(void **state)
{
	static const struct fault faults[] = {
		{ FAKE_ACCEPT4, ECONNABORTED, true }, { FAKE_ACCEPT4, EINTR, true },
		{ FAKE_ACCEPT4, EAGAIN, true },	      { FAKE_ACCEPT4, EMFILE, true },
		{ FAKE_ACCEPT4, ENFILE, true },	      { FAKE_ACCEPT4, ENOBUFS, true },
		{ FAKE_ACCEPT4, ENOMEM, true },	      { FAKE_RECV, EINTR, true },
		{ FAKE_RECV, EAGAIN, true },	      { FAKE_RECV, ECONNRESET, false },
		{ FAKE_RECV, ETIMEDOUT, false },      { FAKE_RECV, ENOMEM, false },
		{ FAKE_SENDMSG, EINTR, true },	      { FAKE_SENDMSG, EAGAIN, true },
		{ FAKE_SENDMSG, EPIPE, false },	      { FAKE_SENDMSG, ECONNRESET, false },
		{ FAKE_SENDMSG, ENOBUFS, false },     { FAKE_SENDMSG, ENOMEM, false },
		{ FAKE_CALLOC, ENOMEM, false },
	};
	struct stage *stage = *state;

	stage_serve(stage);
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		const struct fault *f = &faults[i];
		unsigned before = fake_open_fds();
		const char *answer;
		int fd = send_request(stage);

		fake_reset();
		fake_fail(f->call, 1, f->error);
		serve_all(stage);
		answer = answer_to(fd);
		if (fake_answered() != 1 || strcmp(answer, f->served ? reply : "<end>") != 0)
			fail_msg("%s with errno %d: '%s'", fake_name(f->call), f->error, answer);
		expect_served(stage);
		assert_int_equal(fake_open_fds(), before);
		assert_int_equal(control_server_counts(stage->server).clients, 0);
	}
}

static void test_server_when_one_byte_moves_at_a_time_then_all_arrive(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fake_reset();
	fake_short_from(FAKE_RECV, 1, 1);
	fake_short_from(FAKE_SENDMSG, 1, 1);
	fd = send_request(stage);
	serve_all(stage);
	assert_string_equal(answer_to(fd), reply);
	assert_true(fake_count(FAKE_RECV) >= sizeof(request));
	assert_true(fake_count(FAKE_SENDMSG) >= sizeof(reply) - 1);
}

/* A parser that ran out of memory in the middle must not take the request for another. */
static void read_request(void *data)
{
	struct wire_reader reader;
	json_t *message = NULL;
	int r;

	(void)data;
	wire_reader_init(&reader, STAGE_REQUEST_MAX);
	r = wire_reader_push(&reader, request, sizeof(request));
	if (r == 0)
		r = wire_reader_next(&reader, &message);
	assert_int_equal(r, fake_hit() ? -ENOMEM : 1);
	if (r == 1)
		assert_string_equal(json_string_value(json_object_get(message, "method")),
				    "test.Stage.Echo");
	json_decref(message);
	wire_reader_fini(&reader);
}

static void test_request_when_memory_runs_out_then_it_is_not_another_one(void **state)
{
	(void)state;
	assert_true(fake_each_point(FAKE_ERROR, "parse", read_request, NULL) >= 10);
}

/* A name that is longer than a first piece of memory: without a second it must not be left out. */
static void test_wire_when_memory_is_short_then_nothing_is_written(void **state)
{
	char name[1000];
	struct buf out = { 0 };
	unsigned long nth = 0;
	json_t *message;
	int r = -ENOMEM;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	message = json_pack("{s:i, s:i}", name, 1, "b", 2);
	assert_non_null(message);
	while (r < 0) {
		fake_reset();
		fake_fail(FAKE_MALLOC, ++nth, ENOMEM);
		r = wire_write(&out, message, WIRE_NUL);
		assert_int_equal(fake_answered(), r < 0 ? 1 : 0);
		assert_int_equal(buf_length(&out), r < 0 ? 0 : sizeof(name) - 1 + 13);
	}
	assert_true(nth > 4);
	fake_reset();
	buf_fini(&out);
	json_decref(message);
}

/* What may come instead of the reply when memory ran out, or the connection was given up. */
static bool is_excuse(const char *answer)
{
	static const char *const excuses[] = {
		"<end>",
		/* Answered, and lost after it. */
		"{\"parameters\":{\"text\":\"0123456789\"}};<end>",
		"{\"error\":\"test.Stage.OutOfMemory\",\"parameters\":{}};",
		/* The stage's own method had no memory for more. */
		"{\"parameters\":{}};",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(excuses); i++) {
		if (strcmp(answer, excuses[i]) == 0)
			return true;
	}
	return false;
}

/* A server's life with two clients; nothing befalls the second. */
static void serve_two(void *data)
{
	const struct net_listen_options options = { .backlog = 4, .socket_mode = 0600 };
	struct stage *stage = data;
	struct net_address address;
	const char *answer;
	int listener, client;

	fake_suspend(true);
	assert_int_equal(net_parse_path(stage->path, &address), 0);
	assert_int_equal(net_listen(&address, &options, &listener), 0);
	client = send_request(stage);
	fake_suspend(false);
	if (control_server_new(&stage->settings, &stage->server) < 0) {
		close(listener);
	} else if (control_server_listen(stage->server, listener) == 0) {
		serve_all(stage);
		answer = answer_to(client);
		client = -1;
		if (!fake_hit() || !is_excuse(answer))
			assert_string_equal(answer, reply);
		fake_suspend(true);
		expect_served(stage);
		fake_suspend(false);
	}
	stage->server = control_server_free(stage->server);
	attr_close_fd(&client);
}

static void test_server_when_any_call_fails_then_no_harm_is_done(void **state)
{
	assert_true(fake_each_point(FAKE_ERROR, "server", serve_two, *state) >= 40);
}

/* One that must not notice anything. */
static void serve_exactly(void *data)
{
	struct stage *stage = data;

	stage_serve(stage);
	expect_served(stage);
	stage->server = control_server_free(stage->server);
}

static void test_server_when_interrupted_or_given_pieces_then_nobody_notices(void **state)
{
	assert_true(fake_each_point(FAKE_INTERRUPT, "server", serve_exactly, *state) >= 5);
	assert_true(fake_each_point(FAKE_PIECE, "server", serve_exactly, *state) >= 2);
}

/* ---- Link ---- */

struct told {
	struct stage *stage;
	unsigned replies, errors, closed;
};

static void on_reply(const json_t *message, int error, bool final, void *user)
{
	struct told *told = user;

	assert_true(final);
	told->replies += message != NULL;
	told->errors += error != 0;
}

static void on_closed(struct control_link *link, void *user)
{
	struct told *told = user;

	(void)link;
	told->closed++;
}

/* A call with a descriptor over a link to a server. Returns whether it was made. */
static bool call_over(struct told *told, const int pair[2])
{
	struct stage *stage = told->stage;
	struct control_link *link = NULL;
	bool made = false;

	if (control_server_new(&stage->settings, &stage->server) < 0) {
		close(pair[0]);
		close(pair[1]);
		return false;
	}
	if (control_link_new(stage->selector, pair[0], LINK_MAX, on_closed, told, &link) < 0) {
		close(pair[1]);
	} else if (control_server_add(stage->server, pair[1]) == 0) {
		const int fds[] = { STDERR_FILENO };

		made = control_link_call(link, "test.Stage.Take", NULL, false, fds, 1, 0, on_reply,
					 told) == 0;
		serve_all(stage);
	}
	control_link_free(link);
	stage->server = control_server_free(stage->server);
	attr_close_fd(&stage->taken_fd);
	return made;
}

static void call_and_be_told(void *data)
{
	struct told told = { .stage = data };
	int pair[2];
	bool made;

	fake_suspend(true);
	assert_int_equal(net_socketpair(pair), 0);
	fake_suspend(false);
	made = call_over(&told, pair);
	/* Once, whatever happened. */
	assert_int_equal(told.replies + told.errors, made);
	if (!fake_hit())
		assert_int_equal(told.replies, 1);
}

static void test_link_when_any_call_fails_then_the_caller_is_told_once(void **state)
{
	assert_true(fake_each_point(FAKE_ERROR, "link", call_and_be_told, *state) >= 40);
}

static void call_and_be_answered(void *data)
{
	struct told told = { .stage = data };
	int pair[2];

	fake_suspend(true);
	assert_int_equal(net_socketpair(pair), 0);
	fake_suspend(false);
	assert_true(call_over(&told, pair));
	assert_int_equal(told.replies, 1);
	assert_int_equal(told.closed, 0);
}

static void test_link_when_interrupted_or_given_pieces_then_nobody_notices(void **state)
{
	assert_true(fake_each_point(FAKE_INTERRUPT, "link", call_and_be_answered, *state) >= 5);
	assert_true(fake_each_point(FAKE_PIECE, "link", call_and_be_answered, *state) >= 4);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAGE(test_server_when_a_call_fails_then_the_next_client_is_served),
		ON_STAGE(test_server_when_one_byte_moves_at_a_time_then_all_arrive),
		ON_STAGE(test_request_when_memory_runs_out_then_it_is_not_another_one),
		ON_STAGE(test_wire_when_memory_is_short_then_nothing_is_written),
		ON_STAGE(test_server_when_any_call_fails_then_no_harm_is_done),
		ON_STAGE(test_server_when_interrupted_or_given_pieces_then_nobody_notices),
		ON_STAGE(test_link_when_any_call_fails_then_the_caller_is_told_once),
		ON_STAGE(test_link_when_interrupted_or_given_pieces_then_nobody_notices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
