/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_server: what a call may be and what it is answered.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/control/stage.h"

#define PING  "{\"method\":\"test.Stage.Ping\"}"
#define EMPTY "{\"parameters\":{}};"

/* One request on a connection of its own, and what it is answered. */
static void check_call(struct stage *stage, const char *request, const char *answer)
{
	int fd = stage_connect(stage);

	stage_send(fd, request, strlen(request) + 1);
	stage_expect(stage, fd, answer);
	close(fd);
	stage_turn(stage);
}

static void test_call_when_valid_then_is_answered(void **state)
{
	struct stage *stage = *state;

	stage_serve(stage);
	check_call(stage, PING, EMPTY);
	check_call(stage, "{\"method\":\"test.Stage.Ping\",\"parameters\":null,\"more\":null}",
		   EMPTY);
	check_call(
	    stage,
	    "{\"method\":\"test.Stage.Echo\",\"parameters\":{\"text\":\"a\\nb\",\"flag\":false,"
	    "\"ratio\":1,\"number\":null}}",
	    "{\"parameters\":{\"text\":\"a\\nb\",\"flag\":false,\"ratio\":1,\"number\":null}};");
	check_call(stage, "{\"method\":\"test.Stage.Fail\"}",
		   "{\"error\":\"test.Stage.Failed\",\"parameters\":{\"why\":\"asked to\"}};");
	check_call(stage, "{\"method\":\"test.Stage.Memory\"}",
		   "{\"error\":\"test.Stage.OutOfMemory\",\"parameters\":{}};");
}

static void test_call_when_ended_by_a_line_feed_then_so_is_the_answer(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND_LINE(fd, PING "\n{\"method\":\"test.Stage.Memory\"}\n");
	stage_expect(
	    stage, fd,
	    "{\"parameters\":{}}\n{\"error\":\"test.Stage.OutOfMemory\",\"parameters\":{}}\n");
	close(fd);
}

#define PARAMETER(name)                                                                             \
	"{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"" name \
	"\"}};"
#define ECHO(parameters) "{\"method\":\"test.Stage.Echo\",\"parameters\":" parameters "}"

static void test_parameter_when_unknown_missing_or_mistyped_then_is_named(void **state)
{
	struct stage *stage = *state;

	stage_serve(stage);
	check_call(stage, ECHO("{\"text\":\"\",\"colour\":1}"), PARAMETER("colour"));
	check_call(stage, ECHO("{}"), PARAMETER("text"));
	check_call(stage, "{\"method\":\"test.Stage.Echo\"}", PARAMETER("text"));
	check_call(stage, ECHO("{\"text\":null}"), PARAMETER("text"));
	check_call(stage, ECHO("{\"text\":1}"), PARAMETER("text"));
	check_call(stage, ECHO("{\"text\":\"\",\"number\":1.5}"), PARAMETER("number"));
	check_call(stage, ECHO("{\"text\":\"\",\"ratio\":\"1\"}"), PARAMETER("ratio"));
	check_call(stage, ECHO("{\"text\":\"\",\"flag\":1}"), PARAMETER("flag"));
	check_call(stage, ECHO("[]"), PARAMETER("parameters"));
	check_call(stage, "{\"method\":\"test.Stage.Ping\",\"more\":1}", PARAMETER("more"));
	check_call(stage, "{\"method\":\"test.Stage.Ping\",\"upgrade\":\"\"}",
		   PARAMETER("upgrade"));
	assert_string_equal(stage->order, "");
}

static void test_method_when_there_is_none_then_the_answer_says_what_is_missing(void **state)
{
	struct stage *stage = *state;

	stage_serve(stage);
	check_call(stage, "{\"method\":\"test.Stage.Pong\"}",
		   "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":"
		   "\"test.Stage.Pong\"}};");
	check_call(stage, "{\"method\":\"Ping\"}",
		   "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":"
		   "\"Ping\"}};");
	check_call(stage, "{\"method\":\"test.Stages.Ping\"}",
		   "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{"
		   "\"interface\":\"test.Stages\"}};");
	check_call(
	    stage, "{\"method\":\"test.Stage.Ping\",\"upgrade\":true}",
	    "{\"error\":\"org.varlink.service.MethodNotImplemented\",\"parameters\":{\"method\":"
	    "\"test.Stage.Ping\"}};");
}

static void test_varlink_service_then_describes_the_server(void **state)
{
	struct stage *stage = *state;

	stage_serve(stage);
	check_call(
	    stage, "{\"method\":\"org.varlink.service.GetInfo\"}",
	    "{\"parameters\":{\"vendor\":\"the vendor\",\"product\":\"the product\",\"version\":"
	    "\"1.2\",\"url\":\"\",\"interfaces\":[\"org.varlink.service\",\"test.Stage\"]}};");
	check_call(stage,
		   "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{"
		   "\"interface\":\"test.Stage\"}}",
		   "{\"parameters\":{\"description\":\"interface test.Stage\\n\"}};");
	check_call(stage,
		   "{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{"
		   "\"interface\":\"test.Other\"}}",
		   "{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{"
		   "\"interface\":\"test.Other\"}};");
	check_call(stage, "{\"method\":\"org.varlink.service.GetInterfaceDescription\"}",
		   PARAMETER("interface"));
}

static void test_more_when_asked_then_all_replies_but_the_last_continue(void **state)
{
	struct stage *stage = *state;

	stage_serve(stage);
	check_call(stage, "{\"method\":\"test.Stage.Stream\",\"more\":true}",
		   "{\"parameters\":{\"n\":1},\"continues\":true};{\"parameters\":{\"n\":2},"
		   "\"continues\":true};{\"parameters\":{\"n\":3}};");
	check_call(stage, "{\"method\":\"test.Stage.Stream\"}",
		   "{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}};");
}

static void test_oneway_then_nothing_is_ever_answered(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Ping\",\"oneway\":true}");
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Fail\",\"oneway\":true}");
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Pong\",\"oneway\":true}");
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Echo\",\"oneway\":true}");
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Stream\",\"oneway\":true,\"more\":true}");
	STAGE_SEND(fd, PING);
	stage_expect(stage, fd, EMPTY);
	assert_string_equal(stage->order, "pfp");
	close(fd);
}

static void test_right_when_missing_then_permission_is_denied_and_told(void **state)
{
	struct stage *stage = *state;

	stage_serve(stage);
	check_call(stage, "{\"method\":\"test.Stage.Admin\",\"parameters\":{\"secret\":1}}",
		   "{\"error\":\"org.varlink.service.PermissionDenied\",\"parameters\":{}};");
	assert_int_equal(stage->n_refused, 1);
	assert_string_equal(stage->order, "");
	stage->may = true;
	check_call(stage, "{\"method\":\"test.Stage.Admin\"}", EMPTY);
	assert_int_equal(stage->n_refused, 1);
}

static void test_calls_when_pipelined_then_are_answered_one_after_the_other(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Keep\"}\0" PING
		       "\0{\"method\":\"test.Stage.Keep\"}\0{\"method\":\"test.Stage.Fail\"}");
	stage_expect(stage, fd, "");
	assert_string_equal(stage->order, "k");
	control_reply(stage->kept[0], json_pack("{s:i}", "first", 1));
	assert_string_equal(stage->order, "k");
	stage_expect(stage, fd, "{\"parameters\":{\"first\":1}};" EMPTY);
	assert_string_equal(stage->order, "kpk");
	control_reply(stage->kept[1], NULL);
	stage_expect(stage, fd,
		     EMPTY
		     "{\"error\":\"test.Stage.Failed\",\"parameters\":{\"why\":\"asked to\"}};");
	close(fd);
}

static void test_calls_when_many_are_pipelined_then_no_stack_grows(void **state)
{
	struct stage *stage = *state;
	size_t answers = 0;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 100; i++)
			STAGE_SEND(fd, PING);
		stage_turn(stage);
		answers += strlen(stage_received(fd)) / strlen(EMPTY);
	}
	assert_int_equal(answers, 2000);
	close(fd);
}

static void test_client_when_it_half_closes_then_still_gets_its_answers(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Keep\"}\0" PING);
	shutdown(fd, SHUT_WR);
	stage_expect(stage, fd, "");
	assert_int_equal(stage_ready(stage), 0);
	control_reply(stage->kept[0], NULL);
	stage_expect(stage, fd, EMPTY EMPTY "<end>");
	assert_int_equal(control_server_counts(stage->server).malformed, 0);
	close(fd);
}

static void test_client_when_it_leaves_a_kept_call_then_callee_is_told(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Keep\"}");
	stage_turn(stage);
	assert_int_equal(stage->n_kept, 1);
	close(fd);
	stage_turn(stage);
	assert_int_equal(stage->n_cancelled, 1);
	assert_int_equal(control_server_counts(stage->server).clients, 0);
}

static void test_client_when_it_half_closes_and_leaves_then_the_next_reply_says_so(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Keep\",\"more\":true}");
	shutdown(fd, SHUT_WR);
	stage_turn(stage);
	assert_true(control_reply_more(stage->kept[0], NULL));
	stage_expect(stage, fd, "{\"parameters\":{},\"continues\":true};");
	close(fd);
	assert_false(control_reply_more(stage->kept[0], NULL));
	assert_int_equal(stage->n_cancelled, 0);
	assert_int_equal(control_server_counts(stage->server).clients, 0);
}

static void test_client_when_it_leaves_a_oneway_call_then_the_call_goes_on(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, "{\"method\":\"test.Stage.Keep\",\"oneway\":true}\0" PING);
	close(fd);
	stage_turn(stage);
	assert_int_equal(stage->n_cancelled, 0);
	control_reply(stage->kept[0], NULL);
	stage_turn(stage);
	assert_string_equal(stage->order, "kp");
	assert_int_equal(control_server_counts(stage->server).clients, 0);
}

static void test_server_when_freed_with_kept_calls_then_they_are_cancelled(void **state)
{
	struct stage *stage = *state;
	int one, two;

	stage_serve(stage);
	one = stage_connect(stage);
	two = stage_connect(stage);
	STAGE_SEND(one, "{\"method\":\"test.Stage.Keep\"}\0" PING);
	STAGE_SEND(two, "{\"method\":\"test.Stage.Keep\",\"oneway\":true}");
	stage_turn(stage);
	stage->server = control_server_free(stage->server);
	assert_int_equal(stage->n_cancelled, 2);
	stage_expect(stage, one, "<end>");
	close(one);
	close(two);
}

#define T(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_call_when_valid_then_is_answered),
		T(test_call_when_ended_by_a_line_feed_then_so_is_the_answer),
		T(test_parameter_when_unknown_missing_or_mistyped_then_is_named),
		T(test_method_when_there_is_none_then_the_answer_says_what_is_missing),
		T(test_varlink_service_then_describes_the_server),
		T(test_more_when_asked_then_all_replies_but_the_last_continue),
		T(test_oneway_then_nothing_is_ever_answered),
		T(test_right_when_missing_then_permission_is_denied_and_told),
		T(test_calls_when_pipelined_then_are_answered_one_after_the_other),
		T(test_calls_when_many_are_pipelined_then_no_stack_grows),
		T(test_client_when_it_half_closes_then_still_gets_its_answers),
		T(test_client_when_it_leaves_a_kept_call_then_callee_is_told),
		T(test_client_when_it_half_closes_and_leaves_then_the_next_reply_says_so),
		T(test_client_when_it_leaves_a_oneway_call_then_the_call_goes_on),
		T(test_server_when_freed_with_kept_calls_then_they_are_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
