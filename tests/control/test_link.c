/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_link: the calling end in a selector loop, once against a real server over a socketpair and
 * once against a peer that the test plays itself.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/fds.h"
#include "echod/clock.h"
#include "echod/net.h"
#include "tests/control/stage.h"

enum {
	LINK_MAX = 1024 * 1024
};

/* A link at one end of a pair, and what its functions were told: "a=REPLY;" or "a!ERRNO;". */
struct scene {
	struct stage *stage;
	struct control_link *link;
	int own;  /* the link's descriptor: the link's, only to be looked at */
	int peer; /* the other end; -1 when a server has it */
	char log[4096];
	int n_closed;
	bool free_when_closed, free_when_replied, call_when_replied;
};

static struct scene scene;

static void on_reply(const json_t *reply, int error, bool final, void *user)
{
	size_t used = strlen(scene.log);
	char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;

	if (reply)
		snprintf(scene.log + used, sizeof(scene.log) - used, "%s%s%s;", (char *)user,
			 final ? "=" : "+", text);
	else
		snprintf(scene.log + used, sizeof(scene.log) - used, "%s!%s;", (char *)user,
			 error == -ETIMEDOUT	? "timeout"
			 : error == -ECONNRESET ? "reset"
						: "?");
	free(text);
	assert_true(reply ? error == 0 : final);
	if (scene.call_when_replied) {
		scene.call_when_replied = false;
		control_link_call(scene.link, "test.Stage.Ping", NULL, false, NULL, 0, 0, on_reply,
				  (void *)(uintptr_t) "again");
	}
	if (scene.free_when_replied) {
		scene.free_when_replied = false;
		scene.link = control_link_free(scene.link);
	}
}

static void on_closed(struct control_link *link, void *user)
{
	assert_ptr_equal(user, &scene);
	scene.n_closed++;
	if (scene.free_when_closed)
		scene.link = control_link_free(link);
}

static int setup(void **state)
{
	int fds[2];

	if (stage_setup(state) < 0 || net_socketpair(fds) < 0)
		return -1;
	scene = (struct scene){ .stage = *state, .own = fds[0], .peer = fds[1] };
	return control_link_new(scene.stage->selector, fds[0], LINK_MAX, on_closed, &scene,
				&scene.link);
}

static int teardown(void **state)
{
	control_link_free(scene.link);
	attr_close_fd(&scene.peer);
	return stage_teardown(state);
}

/* The other end is a real server from here. */
static void serve(void)
{
	assert_int_equal(control_server_new(&scene.stage->settings, &scene.stage->server), 0);
	assert_int_equal(control_server_add(scene.stage->server, TAKE_FD(scene.peer)), 0);
}

static int call_timed(const char *label, const char *method, bool more, int64_t timeout_ms)
{
	return control_link_call(scene.link, method, NULL, more, NULL, 0, timeout_ms, on_reply,
				 (void *)(uintptr_t)label);
}

static void call(const char *label, const char *method)
{
	assert_int_equal(call_timed(label, method, false, 0), 0);
}

static void expect(const char *log)
{
	stage_turn(scene.stage);
	assert_string_equal(scene.log, log);
	scene.log[0] = '\0';
}

#define CALL(method) "{\"method\":\"" method "\"};"

static void test_calls_then_are_answered_in_their_order(void **state)
{
	(void)state;
	serve();
	call("a", "test.Stage.Ping");
	call("b", "test.Stage.Fail");
	call("c", "test.Stage.Ping");
	expect("a={\"parameters\":{}};b={\"error\":\"test.Stage.Failed\",\"parameters\":{\"why\":"
	       "\"asked to\"}};c={\"parameters\":{}};");
}

static void test_call_when_it_has_parameters_then_they_arrive(void **state)
{
	(void)state;
	serve();
	assert_int_equal(control_link_call(scene.link, "test.Stage.Echo",
					   json_pack("{s:s}", "text", "hello"), false, NULL, 0, 0,
					   on_reply, (void *)(uintptr_t) "a"),
			 0);
	expect("a={\"parameters\":{\"text\":\"hello\"}};");
}

static void test_call_when_more_then_each_reply_is_told(void **state)
{
	(void)state;
	serve();
	assert_int_equal(call_timed("a", "test.Stage.Stream", true, 0), 0);
	call("b", "test.Stage.Ping");
	expect("a+{\"parameters\":{\"n\":1},\"continues\":true};a+{\"parameters\":{\"n\":2},"
	       "\"continues\":true};a={\"parameters\":{\"n\":3}};b={\"parameters\":{}};");
}

static void test_calls_then_one_is_in_flight_and_the_others_queue(void **state)
{
	struct stage *stage = *state;

	call("a", "x.A");
	call("b", "x.B");
	stage_expect(stage, scene.peer, CALL("x.A"));
	STAGE_SEND(scene.peer, "{}");
	stage_expect(stage, scene.peer, CALL("x.B"));
	STAGE_SEND(scene.peer, "{\"parameters\":{\"n\":1}}");
	expect("a={};b={\"parameters\":{\"n\":1}};");
}

static void test_oneway_then_the_next_call_does_not_wait_for_it(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(control_link_call(scene.link, "x.A", NULL, false, NULL, 0, 5, NULL, NULL),
			 0);
	call("b", "x.B");
	stage_expect(stage, scene.peer, "{\"method\":\"x.A\",\"oneway\":true};" CALL("x.B"));
	assert_true(control_link_deadline_ms(scene.link) == INT64_MAX);
	STAGE_SEND(scene.peer, "{}");
	expect("b={};");
}

static void test_call_when_not_answered_in_time_then_is_told_and_its_reply_is_unheard(void **state)
{
	struct stage *stage = *state;
	const int64_t start_ms = clock_now_ms();
	int64_t deadline;

	assert_int_equal(call_timed("a", "x.A", false, 5000), 0);
	assert_int_equal(call_timed("b", "x.B", false, 60000), 0);
	deadline = control_link_deadline_ms(scene.link);
	assert_in_range(deadline, start_ms + 5000, clock_now_ms() + 5000);
	control_link_expire(scene.link, deadline - 1);
	expect("");
	stage_expect(stage, scene.peer, CALL("x.A"));
	control_link_expire(scene.link, deadline);
	expect("a!timeout;");
	stage_expect(stage, scene.peer, CALL("x.B"));
	STAGE_SEND(scene.peer, "{\"parameters\":{\"of\":\"a\"}}");
	STAGE_SEND(scene.peer, "{\"parameters\":{\"of\":\"b\"}}");
	expect("b={\"parameters\":{\"of\":\"b\"}};");
	assert_true(control_link_deadline_ms(scene.link) == INT64_MAX);
}

static void test_calls_behind_one_that_is_late_then_are_late_with_it_and_still_sent(void **state)
{
	struct stage *stage = *state;
	int64_t deadline;

	assert_int_equal(call_timed("a", "x.A", false, 60000), 0);
	assert_int_equal(call_timed("b", "x.B", false, 1000), 0);
	assert_int_equal(call_timed("c", "x.C", false, 600000), 0);
	deadline = control_link_deadline_ms(scene.link);
	control_link_expire(scene.link, deadline);
	expect("a!timeout;");
	assert_true(control_link_deadline_ms(scene.link) < deadline);
	control_link_expire(scene.link, deadline);
	expect("b!timeout;");
	assert_true(control_link_deadline_ms(scene.link) > deadline);
	stage_expect(stage, scene.peer, CALL("x.A") CALL("x.B") CALL("x.C"));
	STAGE_SEND(scene.peer, "{}");
	STAGE_SEND(scene.peer, "{}");
	STAGE_SEND(scene.peer, "{}");
	expect("c={};");
}

static void test_more_when_it_times_out_then_is_told_once_only(void **state)
{
	(void)state;
	assert_int_equal(call_timed("a", "x.Watch", true, 5000), 0);
	STAGE_SEND(scene.peer, "{\"continues\":true}");
	expect("a+{\"continues\":true};");
	control_link_expire(scene.link, control_link_deadline_ms(scene.link));
	expect("a!timeout;");
	STAGE_SEND(scene.peer, "{\"continues\":true}");
	expect("");
	assert_true(control_link_deadline_ms(scene.link) == INT64_MAX);
	STAGE_SEND(scene.peer, "{}");
	call("b", "x.B");
	STAGE_SEND(scene.peer, "{}");
	expect("b={};");
}

/* Fills the socket so that nothing of a call can go. */
static void fill(int fd)
{
	static const char blanks[4096];

	while (send(fd, blanks, sizeof(blanks), MSG_NOSIGNAL) > 0)
		;
}

static void test_call_when_it_times_out_unsent_then_is_forgotten(void **state)
{
	struct stage *stage = *state;
	char drained[4096];

	fill(scene.own);
	assert_int_equal(call_timed("a", "x.A", false, 5), 0);
	control_link_expire(scene.link, control_link_deadline_ms(scene.link));
	call("b", "x.B");
	while (recv(scene.peer, drained, sizeof(drained), 0) > 0)
		;
	stage_expect(stage, scene.peer, CALL("x.B"));
	STAGE_SEND(scene.peer, "{}");
	expect("a!timeout;b={};");
}

/* A call that the kernel does not take at once, with a descriptor. */
static void call_timed_with_much(const char *method, int64_t timeout_ms, control_link_reply *reply)
{
	const size_t n = 500000;
	char *text = malloc(n);
	int fd = 0;

	assert_non_null(text);
	memset(text, 'x', n);
	assert_int_equal(control_link_call(scene.link, method, json_pack("{s:s%}", "text", text, n),
					   false, &fd, 1, timeout_ms, reply,
					   (void *)(uintptr_t) "a"),
			 0);
	free(text);
}

static void call_with_much(const char *method)
{
	call_timed_with_much(method, 0, on_reply);
}

/* The next one's time is up. */
static void expire(void)
{
	const int64_t deadline = control_link_deadline_ms(scene.link);

	assert_true(deadline != INT64_MAX);
	control_link_expire(scene.link, deadline);
}

static void test_calls_behind_one_that_does_not_go_then_are_told_in_their_time(void **state)
{
	struct stage *stage = *state;

	call_timed_with_much("test.Stage.Echo", 60000, on_reply);
	assert_int_equal(call_timed("b", "x.B", false, 600000), 0);
	expire();
	expect("a!timeout;");
	assert_int_equal(call_timed("c", "x.C", false, 6000000), 0);
	expire();
	expect("b!timeout;");
	expire();
	expect("c!timeout;");
	assert_true(control_link_deadline_ms(scene.link) == INT64_MAX);
	stage->settings.max_request_bytes = LINK_MAX;
	serve();
	stage_turn(stage);
	call("d", "test.Stage.Ping");
	expect("d={\"parameters\":{}};");
}

static void test_call_behind_a_oneway_that_does_not_go_then_is_told_in_its_time(void **state)
{
	(void)state;
	call_timed_with_much("x.A", 60000, NULL);
	assert_int_equal(call_timed("b", "x.B", false, 600000), 0);
	expire();
	expect("b!timeout;");
	assert_true(control_link_deadline_ms(scene.link) == INT64_MAX);
}

static void test_call_when_large_then_goes_in_pieces(void **state)
{
	struct stage *stage = *state;

	stage->settings.max_request_bytes = LINK_MAX;
	serve();
	call_with_much("test.Stage.Echo");
	stage_turn(stage);
	assert_memory_equal(scene.log, "a={\"parameters\":{\"text\":\"xxx", 27);
	assert_string_equal(stage->order, "e");
}

static void test_descriptors_when_call_goes_in_pieces_then_go_once(void **state)
{
	struct stage *stage = *state;

	stage->settings.max_request_bytes = LINK_MAX;
	serve();
	call_with_much("test.Stage.Take");
	expect("a={\"parameters\":{\"fds\":1}};");
}

static void test_descriptors_then_go_with_their_call(void **state)
{
	struct stage *stage = *state;
	int fds[3] = { 0, 1, 2 };

	serve();
	call("a", "test.Stage.Take");
	assert_int_equal(control_link_call(scene.link, "test.Stage.Take", NULL, false, fds, 3, 0,
					   on_reply, (void *)(uintptr_t) "b"),
			 0);
	call("c", "test.Stage.Take");
	expect("a={\"parameters\":{\"fds\":0}};b={\"parameters\":{\"fds\":3}};"
	       "c={\"parameters\":{\"fds\":0}};");
	assert_true(stage->taken_fd >= 0);
}

static void test_link_when_other_end_goes_then_all_calls_are_told_first(void **state)
{
	struct stage *stage = *state;

	call("a", "x.A");
	call("b", "x.B");
	STAGE_SEND(scene.peer, "{}");
	attr_close_fd(&scene.peer);
	expect("a={};b!reset;");
	assert_int_equal(scene.n_closed, 1);
	assert_int_equal(call_timed("c", "x.C", false, 0), -ECONNRESET);
	assert_int_equal(stage_ready(stage), 0);
}

static void test_link_when_freed_by_closed_then_nothing_dangles(void **state)
{
	(void)state;
	scene.free_when_closed = true;
	call("a", "x.A");
	attr_close_fd(&scene.peer);
	expect("a!reset;");
	assert_null(scene.link);
}

static void test_link_when_freed_by_a_reply_then_the_rest_is_told(void **state)
{
	(void)state;
	scene.free_when_replied = true;
	call("a", "x.A");
	call("b", "x.B");
	STAGE_SEND(scene.peer, "{}\0{}");
	expect("a={};b!reset;");
	assert_int_equal(scene.n_closed, 0);
}

static void test_link_when_a_reply_calls_then_it_is_queued_behind(void **state)
{
	(void)state;
	serve();
	scene.call_when_replied = true;
	call("a", "test.Stage.Ping");
	call("b", "test.Stage.Ping");
	expect("a={\"parameters\":{}};b={\"parameters\":{}};again={\"parameters\":{}};");
}

static void test_link_when_replied_without_a_call_then_is_closed(void **state)
{
	(void)state;
	STAGE_SEND(scene.peer, "{}");
	expect("");
	assert_int_equal(scene.n_closed, 1);
}

static void test_link_when_reply_is_no_json_or_continues_unasked_then_is_closed(void **state)
{
	(void)state;
	call("a", "x.A");
	STAGE_SEND(scene.peer, "{\"continues\":true}");
	expect("a!reset;");
	assert_int_equal(scene.n_closed, 1);
}

static void test_link_when_abandoned_in_a_child_then_parent_goes_on(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	serve();
	call("a", "test.Stage.Keep");
	stage_turn(scene.stage);
	pid = fork();
	if (pid == 0) {
		control_link_abandon(scene.link);
		_exit(scene.log[0] ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	control_reply(scene.stage->kept[0], NULL);
	expect("a={\"parameters\":{}};");
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_calls_then_are_answered_in_their_order),
		T(test_call_when_it_has_parameters_then_they_arrive),
		T(test_call_when_more_then_each_reply_is_told),
		T(test_calls_then_one_is_in_flight_and_the_others_queue),
		T(test_oneway_then_the_next_call_does_not_wait_for_it),
		T(test_call_when_not_answered_in_time_then_is_told_and_its_reply_is_unheard),
		T(test_calls_behind_one_that_is_late_then_are_late_with_it_and_still_sent),
		T(test_more_when_it_times_out_then_is_told_once_only),
		T(test_call_when_it_times_out_unsent_then_is_forgotten),
		T(test_calls_behind_one_that_does_not_go_then_are_told_in_their_time),
		T(test_call_behind_a_oneway_that_does_not_go_then_is_told_in_its_time),
		T(test_call_when_large_then_goes_in_pieces),
		T(test_descriptors_when_call_goes_in_pieces_then_go_once),
		T(test_descriptors_then_go_with_their_call),
		T(test_link_when_other_end_goes_then_all_calls_are_told_first),
		T(test_link_when_freed_by_closed_then_nothing_dangles),
		T(test_link_when_freed_by_a_reply_then_the_rest_is_told),
		T(test_link_when_a_reply_calls_then_it_is_queued_behind),
		T(test_link_when_replied_without_a_call_then_is_closed),
		T(test_link_when_reply_is_no_json_or_continues_unasked_then_is_closed),
		T(test_link_when_abandoned_in_a_child_then_parent_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
