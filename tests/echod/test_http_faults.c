/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The HTTP server when calls and allocations fail, each in turn: it does not begin, or it may lose the
 * client that the failure belongs to; the next one is served, and nothing is left at the end.
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
#include "tests/fake/fake_syscalls.h"

/* Fewer points than before is a failure: the loop would have lost sight of something. */
enum {
	POINTS = 25,
	POINTS_WITHOUT_EPOLL = 15,
	LATE_MS = HTTP_PATIENCE_CROWDED_MS + 1, /* whoever pauses for a failure is over that */
	END_MS = HTTP_PATIENCE_MS + 1,		/* nobody is waited for any more */
	TURNS = 60
};

struct life {
	struct selector *selector;
	struct http *http;
	struct http_counts counts;
	struct net_address address;
	bool with_epoll;
};

static struct life *living; /* for the wrap below, which is asked without one */

enum MHD_Result __real_MHD_is_feature_supported(enum MHD_FEATURE feature);
enum MHD_Result __wrap_MHD_is_feature_supported(enum MHD_FEATURE feature);

enum MHD_Result __wrap_MHD_is_feature_supported(enum MHD_FEATURE feature)
{
	if (feature == MHD_FEATURE_EPOLL && !living->with_epoll)
		return MHD_NO;
	return __real_MHD_is_feature_supported(feature);
}

static int answer(const char *path, struct http_reply *ret_reply, void *user UNUSED)
{
	char *text;

	if (strcmp(path, "/a") != 0)
		return -ENOENT;
	text = strdup("text of a\n");
	if (!text)
		return -ENOMEM;
	*ret_reply = (struct http_reply){ 200, "text/plain", text };
	return 0;
}

static int begin(struct life *life)
{
	const struct net_listen_options options = { .backlog = 64, .socket_mode = -1 };
	struct http_settings settings = { .selector = life->selector,
					  .answer = answer,
					  .counts = &life->counts };

	fake_suspend(true);
	assert_int_equal(net_parse_with_port("127.0.0.1:0", &life->address), 0);
	assert_int_equal(net_listen(&life->address, &options, &settings.listen_fd), 0);
	assert_int_equal(net_local_address(settings.listen_fd, &life->address), 0);
	fake_suspend(false);
	return http_open(&settings, &life->http);
}

static int ask(const struct life *life, const char *request)
{
	int fd;

	fake_suspend(true);
	assert_true(net_connect(&life->address, NULL, &fd) >= 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	fake_suspend(false);
	return fd;
}

/* Reads what has come; false at the end. */
static bool read_more(int fd, char *got, size_t size, size_t *length)
{
	ssize_t n;

	fake_suspend(true);
	n = recv(fd, got + *length, size - 1 - *length, MSG_DONTWAIT);
	fake_suspend(false);
	if (n > 0)
		*length += (size_t)n;
	got[*length] = '\0';
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* One request, to its end: true when it was answered in these words. */
static bool talk(struct life *life, const char *request, const char *words)
{
	char got[4096] = "";
	size_t length = 0;
	int fd = ask(life, request);
	bool goes_on = true;

	for (int i = 0; goes_on && i < TURNS; i++) {
		(void)selector_select(life->selector, 5);
		selector_dispatch(life->selector);
		http_expire(life->http, clock_now_ms() + (i < TURNS / 2 ? LATE_MS : END_MS));
		goes_on = read_more(fd, got, sizeof(got), &length);
	}
	if (goes_on)
		fail_msg("the client waits for ever after a failed %s; it has: %s", fake_hit(),
			 got);
	fake_suspend(true);
	close(fd);
	fake_suspend(false);
	return strstr(got, words) != NULL;
}

/* What fails, fails once. */
static void expect_talk(struct life *life, const char *request, const char *words)
{
	assert_true(talk(life, request, words) || talk(life, request, words));
}

static void live(void *data)
{
	struct life *life = data;

	if (selector_open(life->with_epoll ? NULL : "poll", &life->selector) < 0)
		return;
	if (begin(life) >= 0) {
		expect_talk(life, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\ntext of a\n");
		expect_talk(life, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n", " 404 Not Found\r\n");
		expect_talk(life, "PUT /a HTTP/1.1\r\nHost: x\r\n\r\n", "\r\nAllow: GET, HEAD\r\n");
		http_close(life->http);
	}
	selector_close(life->selector);
}

static void test_http_when_each_call_fails_in_turn_then_the_next_client_is_served(void **state)
{
	struct life life = { .with_epoll = true };

	(void)state;
	living = &life;
	assert_true(fake_each_point(FAKE_ERROR, "http", live, &life) >= POINTS);
}

static void test_http_without_epoll_when_each_call_fails_then_the_next_is_served(void **state)
{
	struct life life = { .with_epoll = false };

	(void)state;
	living = &life;
	assert_true(fake_each_point(FAKE_ERROR, "http without epoll", live, &life) >=
		    POINTS_WITHOUT_EPOLL);
}

static void test_http_when_each_call_is_interrupted_then_the_next_client_is_served(void **state)
{
	struct life life = { .with_epoll = true };

	(void)state;
	living = &life;
	assert_true(fake_each_point(FAKE_INTERRUPT, "http", live, &life) > 0);
}

static int teardown(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

int main(void)
{
#define FAULT_TEST(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
		FAULT_TEST(test_http_when_each_call_fails_in_turn_then_the_next_client_is_served),
		FAULT_TEST(test_http_without_epoll_when_each_call_fails_then_the_next_is_served),
		FAULT_TEST(test_http_when_each_call_is_interrupted_then_the_next_client_is_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
