/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The client's end of the control protocol when calls fail: each answer that makes sense to each system
 * call, and every point of a whole exchange, jansson's allocations included, is a failure that is told,
 * or none.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

#include "echod/net.h"
#include "tests/control/stage.h"
#include "tests/fake/fake_syscalls.h"

enum {
	PATIENCE_MS = 20000,
	SHORT_MS = 20
};

static int setup(void **state)
{
	json_set_alloc_funcs(fake_malloc, free);
	return stage_setup(state);
}

static int teardown(void **state)
{
	fake_reset();
	return stage_teardown(state);
}

/* A listening socket whose first client finds its reply waiting. */
struct desk {
	struct stage *stage;
	int listener, served;
	int r; /* what the client's call returned */
};

static void desk_open(struct desk *desk)
{
	const struct net_listen_options options = { .backlog = 4, .socket_mode = 0600 };
	struct net_address address;

	fake_suspend(true);
	assert_int_equal(net_parse_path(desk->stage->path, &address), 0);
	assert_int_equal(net_listen(&address, &options, &desk->listener), 0);
	desk->served = -1;
	fake_suspend(false);
}

static void desk_answer(struct desk *desk)
{
	static const char text[] = "{\"parameters\":{\"n\":7}}";

	fake_suspend(true);
	assert_int_equal(net_accept(desk->listener, NULL, &desk->served), 0);
	stage_send(desk->served, text, sizeof(text));
	fake_suspend(false);
}

static void desk_close(struct desk *desk)
{
	attr_close_fd(&desk->served);
	attr_close_fd(&desk->listener);
}

static int ask(struct desk *desk, int64_t timeout_ms)
{
	struct control_client *client = NULL;
	json_t *got = NULL;
	int r, n = 0;

	desk_open(desk);
	r = control_client_open(desk->stage->path, timeout_ms, &client);
	if (r == 0) {
		desk_answer(desk);
		r = control_client_call(client, "test.Ping", NULL, timeout_ms, &got);
	}
	fake_suspend(true);
	if (r == 0) {
		assert_int_equal(json_unpack(got, "{s:{s:i}}", "parameters", "n", &n), 0);
		assert_int_equal(n, 7);
		json_decref(got);
	}
	fake_suspend(false);
	control_client_close(client);
	desk_close(desk);
	return r;
}

struct answer {
	enum fake_call call;
	int error, expected;
};

static void test_client_when_a_call_fails_then_says_so(void **state)
{
	static const struct answer answers[] = {
		{ FAKE_SOCKET, EMFILE, -EMFILE },
		{ FAKE_SOCKET, ENFILE, -ENFILE },
		{ FAKE_SOCKET, ENOMEM, -ENOMEM },
		{ FAKE_SETSOCKOPT, EDOM, -EDOM },
		{ FAKE_CONNECT, ENOENT, -ENOENT },
		{ FAKE_CONNECT, ECONNREFUSED, -ECONNREFUSED },
		{ FAKE_CONNECT, EACCES, -EACCES },
		{ FAKE_CONNECT, EAGAIN, -ETIMEDOUT },
		{ FAKE_CONNECT, EINTR, 0 },
		{ FAKE_FCNTL, EBADF, -EBADF },
		{ FAKE_CALLOC, ENOMEM, -ENOMEM },
		{ FAKE_MALLOC, ENOMEM, -ENOMEM },
		{ FAKE_SENDMSG, EINTR, 0 },
		{ FAKE_SENDMSG, EAGAIN, 0 },
		{ FAKE_SENDMSG, EPIPE, -ECONNRESET },
		{ FAKE_SENDMSG, ECONNRESET, -ECONNRESET },
		{ FAKE_SENDMSG, ENOBUFS, -ENOBUFS },
		{ FAKE_RECV, EINTR, 0 },
		{ FAKE_RECV, EAGAIN, 0 },
		{ FAKE_RECV, ECONNRESET, -ECONNRESET },
		{ FAKE_RECV, ETIMEDOUT, -ETIMEDOUT },
		{ FAKE_RECV, ENOMEM, -ENOMEM },
	};
	struct desk desk = { .stage = *state };

	for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
		const struct answer *a = &answers[i];
		unsigned before = fake_open_fds();
		int r;

		fake_reset();
		fake_fail(a->call, 1, a->error);
		r = ask(&desk, PATIENCE_MS);
		if (r != a->expected || fake_answered() != 1)
			fail_msg("%s with errno %d: %d, not %d", fake_name(a->call), a->error, r,
				 a->expected);
		assert_int_equal(fake_open_fds(), before);
	}
}

static void test_client_when_waiting_fails_then_says_so(void **state)
{
	struct desk desk = { .stage = *state };

	fake_reset();
	fake_fail(FAKE_RECV, 1, EAGAIN);
	fake_fail(FAKE_POLL, 1, ENOMEM);
	assert_int_equal(ask(&desk, PATIENCE_MS), -ENOMEM);
	fake_reset();
	fake_fail(FAKE_RECV, 1, EAGAIN);
	fake_fail(FAKE_POLL, 1, EINTR);
	assert_int_equal(ask(&desk, PATIENCE_MS), 0);
	assert_int_equal(fake_answered(), 2);
}

static void test_client_when_nothing_can_be_sent_or_received_then_times_out(void **state)
{
	struct desk desk = { .stage = *state };

	fake_reset();
	fake_fail_from(FAKE_SENDMSG, 1, EAGAIN);
	assert_int_equal(ask(&desk, SHORT_MS), -ETIMEDOUT);
	fake_reset();
	fake_fail_from(FAKE_RECV, 1, EAGAIN);
	assert_int_equal(ask(&desk, SHORT_MS), -ETIMEDOUT);
}

static void ask_once(void *data)
{
	struct desk desk = { .stage = data };
	int r = ask(&desk, PATIENCE_MS);

	if (r < 0)
		assert_non_null(fake_hit());
}

static void ask_exactly(void *data)
{
	struct desk desk = { .stage = data };

	assert_int_equal(ask(&desk, PATIENCE_MS), 0);
}

static void test_client_when_any_call_fails_then_an_error_and_no_leak(void **state)
{
	assert_true(fake_each_point(FAKE_ERROR, "client", ask_once, *state) >= 20);
	assert_true(fake_each_point(FAKE_INTERRUPT, "client", ask_exactly, *state) >= 3);
	assert_true(fake_each_point(FAKE_PIECE, "client", ask_exactly, *state) >= 2);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAGE(test_client_when_a_call_fails_then_says_so),
		ON_STAGE(test_client_when_waiting_fails_then_says_so),
		ON_STAGE(test_client_when_nothing_can_be_sent_or_received_then_times_out),
		ON_STAGE(test_client_when_any_call_fails_then_an_error_and_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
