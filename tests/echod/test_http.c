/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_http: the HTTP server alone, in a loop of the test's own, over real sockets: once where the
 * library has an epoll set, and once where each of its descriptors is watched.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/net.h"
#include "echod/selector.h"
#include "src/echod/http.h"

enum {
	DEADLINE_MS = HTTP_PATIENCE_MS / 2,
	ANSWER_SIZE = 64 * 1024,
	PIPELINED = 40
};

struct rig {
	struct selector *selector;
	struct http *http;
	struct net_address address;
	struct http_counts counts;
	unsigned asked; /* for a text */
};

static bool without_epoll; /* what the library is to say of itself */

enum MHD_Result __real_MHD_is_feature_supported(enum MHD_FEATURE feature);
enum MHD_Result __wrap_MHD_is_feature_supported(enum MHD_FEATURE feature);

enum MHD_Result __wrap_MHD_is_feature_supported(enum MHD_FEATURE feature)
{
	if (feature == MHD_FEATURE_EPOLL && without_epoll)
		return MHD_NO;
	return __real_MHD_is_feature_supported(feature);
}

static bool out_of_descriptors;

int __real_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	if (!out_of_descriptors)
		return __real_accept4(fd, address, length, flags);
	errno = EMFILE;
	return -1;
}

static int answer(const char *path, struct http_reply *ret_reply, void *user)
{
	struct rig *rig = user;
	char *text;

	if (strcmp(path, "/none") == 0)
		return -ENOENT;
	if (strcmp(path, "/memory") == 0)
		return -ENOMEM;
	rig->asked++;
	assert_true(asprintf(&text, "text %u of %s\n", rig->asked, path) > 0);
	*ret_reply =
	    (struct http_reply){ strcmp(path, "/busy") == 0 ? 503 : 200, "text/x-test", text };
	return 0;
}

static struct rig *start(bool with_epoll)
{
	const struct net_listen_options options = { .backlog = 64, .socket_mode = -1 };
	struct rig *rig = calloc(1, sizeof(*rig));
	struct http_settings settings = { .answer = answer, .user = rig };

	assert_non_null(rig);
	settings.counts = &rig->counts;
	without_epoll = !with_epoll;
	/* A library without epoll is one on a system without it. */
	assert_int_equal(selector_open(with_epoll ? NULL : "poll", &rig->selector), 0);
	assert_int_equal(net_parse_with_port("127.0.0.1:0", &rig->address), 0);
	assert_int_equal(net_listen(&rig->address, &options, &settings.listen_fd), 0);
	assert_int_equal(net_local_address(settings.listen_fd, &rig->address), 0);
	settings.selector = rig->selector;
	assert_int_equal(http_open(&settings, &rig->http), 0);
	return rig;
}

static int start_with_epoll(void **state)
{
	*state = start(true);
	return 0;
}

static int start_without_epoll(void **state)
{
	*state = start(false);
	return 0;
}

/* Nothing of the server's is left in the loop. */
static int stop(void **state)
{
	struct rig *rig = *state;
	const struct selector_key *map;
	size_t n;

	assert_null(http_close(rig->http));
	map = selector_get_map(rig->selector, &n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(map[i].events, 0);
	selector_close(rig->selector);
	free(rig);
	return 0;
}

/* One turn of the loop, which thinks it is so much later. */
static void turn(struct rig *rig, int64_t late_ms)
{
	int timeout_ms = selector_timeout(http_deadline_ms(rig->http), clock_now_ms() + late_ms);

	if (timeout_ms < 0 || timeout_ms > 20)
		timeout_ms = 20;
	selector_select(rig->selector, timeout_ms);
	selector_dispatch(rig->selector);
	http_expire(rig->http, clock_now_ms() + late_ms);
}

/* From 127.0.0.LAST. */
static int connect_from(const struct rig *rig, int last)
{
	struct net_address from;
	char text[32];
	int fd;

	snprintf(text, sizeof(text), "127.0.0.%d", last);
	assert_int_equal(net_parse(text, 0, &from), 0);
	assert_true(net_connect(&rig->address, &from, &fd) >= 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the answer has this text, or the end (NULL); what has come is in got. */
static void read_until(struct rig *rig, int fd, const char *text, char got[static ANSWER_SIZE])
{
	const int64_t until_ms = clock_now_ms() + DEADLINE_MS;
	size_t length = 0;

	got[0] = '\0';
	while (clock_now_ms() < until_ms) {
		ssize_t n;

		turn(rig, 0);
		n = recv(fd, got + length, ANSWER_SIZE - 1 - length, 0);
		if (n == 0 || (n < 0 && errno == ECONNRESET)) {
			assert_null(text);
			return;
		}
		length += n > 0 ? (size_t)n : 0;
		got[length] = '\0';
		if (text && strstr(got, text))
			return;
	}
	fail_msg("waited in vain for %s; got: %s", text ? text : "the end", got);
}

static void assert_has(const char *got, const char *text)
{
	if (!strstr(got, text))
		fail_msg("no \"%s\" in: %s", text, got);
}

/* A request of its own connection, to its end. */
static void ask(struct rig *rig, const char *request, char got[static ANSWER_SIZE])
{
	CLEANUP_FD int fd = connect_from(rig, 1);

	say(fd, request);
	say(fd, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	read_until(rig, fd, NULL, got);
}

static void test_http_when_get_then_the_answer_and_its_headers(void **state)
{
	char got[ANSWER_SIZE];

	ask(*state, "GET /a?query=1", got);
	assert_memory_equal(got, "HTTP/1.1 200 ", 13);
	assert_has(got, "\r\nContent-Type: text/x-test\r\n");
	assert_has(got, "\r\nCache-Control: no-store\r\n");
	assert_has(got, "\r\nX-Content-Type-Options: nosniff\r\n");
	assert_has(got, "\r\nReferrer-Policy: no-referrer\r\n");
	assert_has(got, "\r\nContent-Security-Policy: default-src 'none'; style-src 'self'; ");
	assert_has(got, "\r\n\r\ntext 1 of /a\n");
	ask(*state, "GET /busy", got);
	assert_memory_equal(got, "HTTP/1.1 503 ", 13);
	assert_has(got, "\r\n\r\ntext 2 of /busy\n");
}

static void test_http_when_head_then_no_body(void **state)
{
	char got[ANSWER_SIZE];

	ask(*state, "HEAD /a", got);
	assert_memory_equal(got, "HTTP/1.1 200 ", 13);
	assert_has(got, "\r\nContent-Length: 13\r\n");
	assert_string_equal(strstr(got, "\r\n\r\n"), "\r\n\r\n");
}

static void test_http_when_it_cannot_be_answered_then_said(void **state)
{
	char got[ANSWER_SIZE];

	ask(*state, "GET /none", got);
	assert_memory_equal(got, "HTTP/1.1 404 ", 13);
	ask(*state, "GET /memory", got);
	assert_memory_equal(got, "HTTP/1.1 500 ", 13);
	ask(*state, "DELETE /a", got);
	assert_memory_equal(got, "HTTP/1.1 405 ", 13);
	assert_has(got, "\r\nAllow: GET, HEAD\r\n");
	assert_int_equal(((struct rig *)*state)->asked, 0);
}

/* The body is read to its end first: a connection that is closed before would lose the answer. */
static void test_http_when_post_then_refused_behind_its_body(void **state)
{
	struct rig *rig = *state;
	CLEANUP_FD int fd = connect_from(rig, 1);
	char got[ANSWER_SIZE], part[1000];

	say(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99900\r\n\r\n");
	memset(part, 'x', sizeof(part) - 1);
	part[sizeof(part) - 1] = '\0';
	for (int i = 0; i < 100; i++) {
		say(fd, part);
		turn(rig, -HTTP_PATIENCE_MS); /* however slow this machine is */
	}
	read_until(rig, fd, "Only GET and HEAD.\n", got);
	assert_memory_equal(got, "HTTP/1.1 405 ", 13);
	say(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	read_until(rig, fd, "text 1 of /a\n", got);
}

static void test_http_when_two_requests_on_a_connection_then_two_answers(void **state)
{
	struct rig *rig = *state;
	CLEANUP_FD int fd = connect_from(rig, 1);
	char got[ANSWER_SIZE];

	say(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	read_until(rig, fd, "text 1 of /a\n", got);
	say(fd, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
	read_until(rig, fd, "text 2 of /b\n", got);
}

/* Many who ask at once cost as much as one. */
static void test_http_when_many_ask_in_one_turn_then_one_answer_for_all(void **state)
{
	struct rig *rig = *state;
	char got[ANSWER_SIZE];
	int fds[HTTP_CLIENTS_PER_ADDRESS];

	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
		fds[i] = connect_from(rig, 1);
		say(fds[i], "GET /a HTTP/1.1\r\nHost: x\r\n");
	}
	turn(rig, 0);
	turn(rig, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		say(fds[i], "\r\n");
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
		read_until(rig, fds[i], "text 1 of /a\n", got);
		close(fds[i]);
	}
	assert_int_equal(rig->asked, 1);
}

/* Nothing more can come from there, so there is nothing to wait for behind the last answer. */
static void test_http_when_half_closed_then_all_answers_and_the_end(void **state)
{
	struct rig *rig = *state;
	CLEANUP_FD int fd = connect_from(rig, 1);
	CLEANUP_FD int unfinished = connect_from(rig, 1);
	char got[ANSWER_SIZE];
	int n = 0;

	for (int i = 0; i < PIPELINED; i++)
		say(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	shutdown(fd, SHUT_WR);
	say(unfinished, "GET /a");
	shutdown(unfinished, SHUT_WR);
	read_until(rig, fd, NULL, got);
	for (const char *at = got; (at = strstr(at, " of /a\n")); at++)
		n++;
	assert_int_equal(n, PIPELINED);
	read_until(rig, unfinished, NULL, got);
	assert_null(strstr(got, "text"));
	for (int i = 0; i < 4; i++)
		turn(rig, 0);
	assert_true(http_deadline_ms(rig->http) == INT64_MAX);
}

static void test_http_when_a_request_does_not_end_then_the_client_is_ended(void **state)
{
	struct rig *rig = *state;
	CLEANUP_FD int fd = connect_from(rig, 1);
	char got[ANSWER_SIZE];
	int64_t deadline_ms;

	say(fd, "GET /a HTTP/1.1\r\n");
	for (int i = 0; i < 4; i++)
		turn(rig, 0);
	deadline_ms = http_deadline_ms(rig->http);
	/* Drop by drop is no faster. */
	say(fd, "Host: x\r\n");
	for (int i = 0; i < 4; i++)
		turn(rig, HTTP_PATIENCE_MS / 2);
	assert_true(http_deadline_ms(rig->http) == deadline_ms);
	assert_int_equal(rig->counts.timed_out, 0);
	turn(rig, HTTP_PATIENCE_MS);
	assert_int_equal(rig->counts.timed_out, 1);
	read_until(rig, fd, NULL, got);
	assert_string_equal(got, "");
	for (int i = 0; i < 4; i++)
		turn(rig, 0);
	assert_true(http_deadline_ms(rig->http) == INT64_MAX);
}

static void test_http_when_a_body_does_not_come_then_the_client_is_ended_soon(void **state)
{
	struct rig *rig = *state;
	CLEANUP_FD int fd = connect_from(rig, 1);
	const int64_t until_ms = clock_now_ms() + DEADLINE_MS;
	char got[ANSWER_SIZE];

	say(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
	while (http_deadline_ms(rig->http) > clock_now_ms() + HTTP_PATIENCE_BODY_MS) {
		assert_true(clock_now_ms() < until_ms);
		turn(rig, -HTTP_PATIENCE_MS);
	}
	say(fd, "123456789"); /* drop by drop is no faster */
	turn(rig, HTTP_PATIENCE_BODY_MS);
	read_until(rig, fd, NULL, got);
	assert_string_equal(got, "");
	while (http_count_clients(rig->http) > 0) {
		assert_true(clock_now_ms() < until_ms);
		turn(rig, 0);
	}
}

static void test_http_when_too_many_of_an_address_then_the_last_is_closed(void **state)
{
	struct rig *rig = *state;
	int fds[HTTP_CLIENTS_PER_ADDRESS + 1];
	CLEANUP_FD int other = -1;
	char got[ANSWER_SIZE];

	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		fds[i] = connect_from(rig, 1);
	read_until(rig, fds[HTTP_CLIENTS_PER_ADDRESS], NULL, got);
	assert_int_equal(rig->counts.accepted, HTTP_CLIENTS_PER_ADDRESS + 1);
	assert_int_equal(rig->counts.rejected, 1);
	assert_int_equal(http_count_clients(rig->http), HTTP_CLIENTS_PER_ADDRESS);
	other = connect_from(rig, 2);
	say(other, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	read_until(rig, other, "text 1 of /a\n", got);
	say(fds[0], "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	read_until(rig, fds[0], "text 2 of /a\n", got);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		close(fds[i]);
}

static void test_http_when_no_place_is_left_then_others_wait_and_are_served(void **state)
{
	struct rig *rig = *state;
	int fds[HTTP_CLIENTS_MAX];
	CLEANUP_FD int waiting = -1;
	char got[ANSWER_SIZE];

	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		fds[i] = connect_from(rig, 1 + (int)(i % 4));
	for (int i = 0; i < 8; i++)
		turn(rig, 0);
	waiting = connect_from(rig, 5);
	say(waiting, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < 4; i++)
		turn(rig, 0);
	assert_int_equal(recv(waiting, got, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(selector_select(rig->selector, 0), 0); /* nobody spins */
	assert_true(http_deadline_ms(rig->http) <= clock_now_ms() + HTTP_PATIENCE_CROWDED_MS);
	close(TAKE_FD(fds[3]));
	read_until(rig, waiting, "text 1 of /a\n", got);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Whoever cannot be accepted waits, and nobody spins. */
static void test_http_when_out_of_descriptors_then_tried_again_later(void **state)
{
	const int64_t start_ms = clock_now_ms();
	struct rig *rig = *state;
	CLEANUP_FD int fd = connect_from(rig, 1);
	char got[ANSWER_SIZE];

	say(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	out_of_descriptors = true;
	for (int i = 0; i < 4; i++)
		turn(rig, 0);
	out_of_descriptors = false;
	assert_int_equal(rig->counts.accept_errors, 1);
	assert_int_equal(rig->counts.accepted, 0);
	assert_true(http_deadline_ms(rig->http) > start_ms);
	assert_true(http_deadline_ms(rig->http) <= clock_now_ms() + 1000);
	assert_int_equal(selector_select(rig->selector, 0), 0);
	http_expire(rig->http, clock_now_ms() + 1000);
	read_until(rig, fd, "text 1 of /a\n", got);
}

static void test_http_when_closed_with_clients_then_they_see_the_end(void **state)
{
	struct rig *rig = *state;
	CLEANUP_FD int fd = connect_from(rig, 1);
	char got[ANSWER_SIZE];

	say(fd, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	read_until(rig, fd, "text 1 of /a\n", got);
	rig->http = http_close(rig->http);
	assert_int_equal(recv(fd, got, 1, 0), 0);
}

int main(void)
{
#define HTTP_TEST(f)                                                      \
	{ #f, f, start_with_epoll, stop, NULL },                          \
	{                                                                 \
#f " (without epoll)", f, start_without_epoll, stop, NULL \
	}
	const struct CMUnitTest tests[] = {
		HTTP_TEST(test_http_when_get_then_the_answer_and_its_headers),
		HTTP_TEST(test_http_when_head_then_no_body),
		HTTP_TEST(test_http_when_it_cannot_be_answered_then_said),
		HTTP_TEST(test_http_when_post_then_refused_behind_its_body),
		HTTP_TEST(test_http_when_two_requests_on_a_connection_then_two_answers),
		HTTP_TEST(test_http_when_many_ask_in_one_turn_then_one_answer_for_all),
		HTTP_TEST(test_http_when_half_closed_then_all_answers_and_the_end),
		HTTP_TEST(test_http_when_a_request_does_not_end_then_the_client_is_ended),
		HTTP_TEST(test_http_when_a_body_does_not_come_then_the_client_is_ended_soon),
		HTTP_TEST(test_http_when_too_many_of_an_address_then_the_last_is_closed),
		HTTP_TEST(test_http_when_no_place_is_left_then_others_wait_and_are_served),
		HTTP_TEST(test_http_when_out_of_descriptors_then_tried_again_later),
		HTTP_TEST(test_http_when_closed_with_clients_then_they_see_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
