/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_server_client: the bounds of a server: rude, slow, idle and too many clients, descriptors
 * that come along, and a process that has none left.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/fds.h"
#include "echod/clock.h"
#include "echod/net.h"
#include "tests/control/stage.h"

#define PING  "{\"method\":\"test.Stage.Ping\"}"
#define KEEP  "{\"method\":\"test.Stage.Keep\"}"
#define TAKE  "{\"method\":\"test.Stage.Take\"}"
#define EMPTY "{\"parameters\":{}};"

static int64_t clients(const struct stage *stage)
{
	return control_server_counts(stage->server).clients;
}

static void test_malformed_request_then_client_is_closed_and_others_are_not(void **state)
{
	static const char *const bad[] = { "hello", "{\"method\":1}", "{}", "{]", "[]" };
	struct stage *stage = *state;
	int other;

	stage_serve(stage);
	other = stage_connect(stage);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		int fd = stage_connect(stage);

		STAGE_SEND(fd, PING);
		stage_send(fd, bad[i], strlen(bad[i]) + 1);
		stage_expect(stage, fd, EMPTY "<end>");
		assert_int_equal(stage->n_malformed, i + 1);
		close(fd);
	}
	assert_int_equal(control_server_counts(stage->server).malformed, ARRAY_LENGTH(bad));
	STAGE_SEND(other, PING);
	stage_expect(stage, other, EMPTY);
	close(other);
}

static void test_request_when_too_long_then_is_malformed_without_its_end(void **state)
{
	struct stage *stage = *state;
	char text[STAGE_REQUEST_MAX + 1];
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	memset(text, ' ', sizeof(text));
	stage_send(fd, text, sizeof(text) - 1);
	stage_expect(stage, fd, "");
	stage_send(fd, text, 1);
	stage_expect(stage, fd, "<end>");
	assert_int_equal(stage->n_malformed, 1);
	close(fd);
}

static void test_request_when_cut_off_then_is_malformed(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND_LINE(fd, PING "\n {\"method\":");
	shutdown(fd, SHUT_WR);
	stage_expect(stage, fd, "{\"parameters\":{}}\n<end>");
	assert_int_equal(stage->n_malformed, 1);
	close(fd);
}

static void test_requests_when_they_wait_behind_a_call_then_reading_pauses(void **state)
{
	struct stage *stage = *state;
	char blanks[STAGE_REQUEST_MAX];
	ssize_t n = 0;
	size_t sent = 0;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	memset(blanks, ' ', sizeof(blanks));
	STAGE_SEND(fd, KEEP);
	for (int i = 0; i < 10000 && n >= 0; i++) {
		sent += (size_t)n;
		stage_turn(stage);
		n = send(fd, blanks, sizeof(blanks), MSG_NOSIGNAL);
	}
	assert_true(n < 0 && errno == EAGAIN);
	assert_in_range(sent, STAGE_REQUEST_MAX, 2 * 1024 * 1024);
	close(fd);
}

static void test_client_when_it_does_not_read_then_is_dropped_and_counted(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	for (int i = 0; i < 20 && clients(stage) == 1; i++) {
		STAGE_SEND(fd, "{\"method\":\"test.Stage.Big\",\"parameters\":{\"bytes\":100000}}");
		stage_turn(stage);
	}
	assert_int_equal(clients(stage), 0);
	assert_int_equal(control_server_counts(stage->server).dropped, 1);
	close(fd);
}

/* Asks for an answer of about so many bytes and only then reads. */
static void expect_late(struct stage *stage, size_t bytes)
{
	const int fd = stage_connect(stage);
	char call[128];
	size_t got = 0;

	snprintf(call, sizeof(call),
		 "{\"method\":\"test.Stage.Big\",\"parameters\":{\"bytes\":%zu}}", bytes);
	stage_send(fd, call, strlen(call) + 1);
	stage_turn(stage);
	assert_false(control_server_flush(stage->server));
	for (int i = 0; i < 1000 && got < bytes; i++) {
		got += strlen(stage_received(fd));
		stage_turn(stage);
	}
	assert_int_equal(got, strlen("{\"parameters\":{\"text\":\"\"}};") + bytes);
	assert_true(control_server_flush(stage->server));
	assert_int_equal(control_server_counts(stage->server).dropped, 0);
	close(fd);
}

static void test_client_when_it_reads_late_then_gets_all_of_it(void **state)
{
	stage_serve(*state);
	expect_late(*state, 1000000);
}

static void test_client_when_one_reply_is_longer_than_may_wait_then_gets_all_of_it(void **state)
{
	stage_serve(*state);
	expect_late(*state, 3 * (size_t)STAGE_UNSENT_MAX);
}

static void test_client_when_idle_too_long_then_is_closed(void **state)
{
	struct stage *stage = *state;
	int64_t deadline;
	int idle, busy;

	stage->settings.idle_ms = 60000;
	stage_serve(stage);
	assert_true(control_server_deadline_ms(stage->server) == INT64_MAX);
	idle = stage_connect(stage);
	busy = stage_connect(stage);
	STAGE_SEND(busy, KEEP);
	stage_turn(stage);
	deadline = control_server_deadline_ms(stage->server);
	assert_in_range(deadline - clock_now_ms(), 50000, 60000);
	control_server_expire(stage->server, deadline - 1);
	assert_int_equal(clients(stage), 2);
	control_server_expire(stage->server, deadline);
	stage_expect(stage, idle, "<end>");
	assert_int_equal(clients(stage), 1);
	assert_true(control_server_deadline_ms(stage->server) == INT64_MAX);
	control_reply(stage->kept[0], NULL);
	control_server_expire(stage->server, INT64_MAX - 1);
	stage_expect(stage, busy, EMPTY "<end>");
	assert_int_equal(control_server_counts(stage->server).dropped, 0);
	close(idle);
	close(busy);
}

#define PACED "{\"method\":\"test.Stage.Paced\",\"more\":true}"

static void test_stream_when_paced_then_each_reply_waits_for_the_last_to_be_taken(void **state)
{
	struct stage *stage = *state;
	size_t got = 0;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, PACED);
	stage_turn(stage);
	assert_in_range(stage->n_paced, 1, 9);
	for (int i = 0; i < 200 && stage->n_paced < 10; i++) {
		got += strlen(stage_received(fd));
		stage_turn(stage);
	}
	while (stage_ready(stage) > 0 || got < 1000000) {
		got += strlen(stage_received(fd));
		stage_turn(stage);
	}
	assert_int_equal(stage->n_paced, 10);
	assert_true(stage->n_taken > 1);
	STAGE_SEND(fd, PING);
	stage_expect(stage, fd, EMPTY);
	close(fd);
}

static void test_stream_when_the_client_leaves_then_its_callee_is_told(void **state)
{
	struct stage *stage = *state;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, PACED);
	stage_turn(stage);
	close(fd);
	stage_turn(stage);
	assert_int_equal(stage->n_cancelled, 1);
	assert_int_equal(clients(stage), 0);
}

static void test_stream_when_its_client_takes_nothing_then_it_is_dropped_in_time(void **state)
{
	struct stage *stage = *state;
	int64_t deadline;
	int fd;

	stage->settings.idle_ms = 60000;
	stage_serve(stage);
	fd = stage_connect(stage);
	STAGE_SEND(fd, PACED);
	stage_turn(stage);
	deadline = control_server_deadline_ms(stage->server);
	assert_in_range(deadline - clock_now_ms(), 50000, 60000);
	control_server_expire(stage->server, deadline - 1);
	assert_int_equal(clients(stage), 1);
	control_server_expire(stage->server, deadline);
	assert_int_equal(clients(stage), 0);
	assert_int_equal(stage->n_cancelled, 1);
	assert_int_equal(control_server_counts(stage->server).dropped, 1);
	close(fd);
}

static void test_clients_when_one_too_many_then_the_longest_idle_goes(void **state)
{
	struct stage *stage = *state;
	int fds[4];

	stage->settings.max_clients = 3;
	stage_serve(stage);
	for (int i = 0; i < 3; i++)
		fds[i] = stage_connect(stage);
	STAGE_SEND(fds[0], KEEP);
	stage_turn(stage);
	fds[3] = stage_connect(stage);
	stage_expect(stage, fds[1], "<end>");
	stage_expect(stage, fds[2], "");
	STAGE_SEND(fds[3], PING);
	stage_expect(stage, fds[3], EMPTY);
	assert_int_equal(clients(stage), 3);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

static void test_clients_when_one_too_many_and_all_are_busy_then_it_is_closed(void **state)
{
	struct stage *stage = *state;
	int fds[3];

	stage->settings.max_clients = 2;
	stage_serve(stage);
	for (int i = 0; i < 3; i++) {
		fds[i] = stage_connect(stage);
		if (i < 2)
			STAGE_SEND(fds[i], KEEP);
		stage_turn(stage);
	}
	stage_expect(stage, fds[2], "<end>");
	assert_int_equal(clients(stage), 2);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

/* A client that waits in the kernel's queue, not yet accepted. */
static int connect_only(const struct stage *stage)
{
	struct net_address address;
	int fd;

	assert_int_equal(net_parse_path(stage->path, &address), 0);
	assert_int_equal(net_connect(&address, NULL, &fd), 0);
	return fd;
}

static int accept_error; /* 0 = the kernel's own accept4 */

int __real_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	if (accept_error == 0)
		return __real_accept4(fd, address, length, flags);
	errno = accept_error;
	return -1;
}

static void test_accept_when_no_descriptors_then_waits_without_spinning(void **state)
{
	const int64_t start_ms = clock_now_ms();
	struct stage *stage = *state;
	int one, two;

	stage_serve(stage);
	one = connect_only(stage);
	accept_error = EMFILE;
	stage_turn(stage); /* fails the test if the selector stays ready */
	assert_int_equal(clients(stage), 0);
	assert_in_range(control_server_deadline_ms(stage->server), start_ms + 1,
			clock_now_ms() + 1000);
	accept_error = 0;
	control_server_expire(stage->server, control_server_deadline_ms(stage->server));
	STAGE_SEND(one, PING);
	stage_expect(stage, one, EMPTY);
	assert_true(control_server_deadline_ms(stage->server) == INT64_MAX);

	two = connect_only(stage);
	accept_error = ENFILE;
	stage_turn(stage);
	accept_error = 0;
	assert_int_equal(clients(stage), 1);
	close(one);
	stage_turn(stage); /* its going lets the next one in */
	STAGE_SEND(two, PING);
	stage_expect(stage, two, EMPTY);
	close(two);
}

static void test_listening_when_stopped_then_clients_stay(void **state)
{
	struct stage *stage = *state;
	struct net_address address;
	int fd, refused;

	stage_serve(stage);
	fd = stage_connect(stage);
	control_server_stop_listening(stage->server);
	assert_int_equal(net_parse_path(stage->path, &address), 0);
	assert_int_equal(net_connect(&address, NULL, &refused), -ECONNREFUSED);
	STAGE_SEND(fd, PING);
	stage_expect(stage, fd, EMPTY);
	close(fd);
}

static void send_with(int fd, const char *text, size_t n, int passed)
{
	assert_int_equal(fds_send(fd, text, n, &passed, 1), n);
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_descriptor_when_sent_to_the_public_socket_then_is_closed(void **state)
{
	struct stage *stage = *state;
	size_t before;
	int fd;

	stage_serve(stage);
	fd = stage_connect(stage);
	before = open_descriptors();
	send_with(fd, TAKE, sizeof(TAKE), fd);
	stage_expect(stage, fd, "{\"parameters\":{\"fds\":0}};");
	assert_int_equal(open_descriptors(), before);
	close(fd);
}

static void test_descriptor_when_sent_over_a_link_then_comes_with_its_call(void **state)
{
	struct stage *stage = *state;
	int fds[2], pipe_fds[2];

	assert_int_equal(control_server_new(&stage->settings, &stage->server), 0);
	assert_int_equal(net_socketpair(fds), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(control_server_add(stage->server, fds[1]), 0);
	STAGE_SEND(fds[0], PING);
	STAGE_SEND(fds[0], TAKE);
	send_with(fds[0], TAKE, 9, pipe_fds[1]);
	stage_send(fds[0], &TAKE[9], sizeof(TAKE) - 9);
	STAGE_SEND(fds[0], TAKE);
	stage_expect(stage, fds[0],
		     EMPTY "{\"parameters\":{\"fds\":0}};{\"parameters\":{\"fds\":1}};"
			   "{\"parameters\":{\"fds\":0}};");
	assert_true(fcntl(stage->taken_fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(stage->taken_fd, "x", 1), 1);
	close(fds[0]);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	stage_turn(stage);
	assert_int_equal(stage->n_gone, 1);
}

static void test_descriptor_when_no_call_takes_it_then_is_closed(void **state)
{
	struct stage *stage = *state;
	size_t before = open_descriptors();
	int fds[2];

	assert_int_equal(control_server_new(&stage->settings, &stage->server), 0);
	assert_int_equal(net_socketpair(fds), 0);
	assert_int_equal(control_server_add(stage->server, fds[1]), 0);
	send_with(fds[0], PING, sizeof(PING), fds[0]);
	send_with(fds[0], "{", 1, fds[0]);
	stage_expect(stage, fds[0], EMPTY);
	assert_int_equal(open_descriptors(), before + 3);
	shutdown(fds[0], SHUT_WR);
	stage_turn(stage);
	close(fds[0]);
	assert_int_equal(open_descriptors(), before);
}

#define T(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_malformed_request_then_client_is_closed_and_others_are_not),
		T(test_request_when_too_long_then_is_malformed_without_its_end),
		T(test_request_when_cut_off_then_is_malformed),
		T(test_requests_when_they_wait_behind_a_call_then_reading_pauses),
		T(test_client_when_it_does_not_read_then_is_dropped_and_counted),
		T(test_client_when_it_reads_late_then_gets_all_of_it),
		T(test_client_when_one_reply_is_longer_than_may_wait_then_gets_all_of_it),
		T(test_client_when_idle_too_long_then_is_closed),
		T(test_stream_when_paced_then_each_reply_waits_for_the_last_to_be_taken),
		T(test_stream_when_the_client_leaves_then_its_callee_is_told),
		T(test_stream_when_its_client_takes_nothing_then_it_is_dropped_in_time),
		T(test_clients_when_one_too_many_then_the_longest_idle_goes),
		T(test_clients_when_one_too_many_and_all_are_busy_then_it_is_closed),
		T(test_accept_when_no_descriptors_then_waits_without_spinning),
		T(test_listening_when_stopped_then_clients_stay),
		T(test_descriptor_when_sent_to_the_public_socket_then_is_closed),
		T(test_descriptor_when_sent_over_a_link_then_comes_with_its_call),
		T(test_descriptor_when_no_call_takes_it_then_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
