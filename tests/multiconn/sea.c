/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * sea.c: see sea.h. Nothing here waits, and nothing is asked of the real clock.
 */
#include "tests/cmocka_all.h"

#include "tests/multiconn/sea.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "echod/net.h"
#include "echod/net_datagram.h"
#include "echod/selector.h"
#include "multiconn/expect.h"
#include "tests/fake/fake_syscalls.h"

struct sea sea;

void sea_answer_after(struct sea_answer answer, int64_t ms)
{
	assert_true(sea.n_answers < ARRAY_LENGTH(sea.answers));
	answer.due_ms = sea.now_ms + ms;
	sea.answers[sea.n_answers++] = answer;
}

/* One end of a pair; the other is the run's. */
static int open_end(int type)
{
	int fds[2];

	fake_suspend(true);
	assert_true(sea.n_ends < ARRAY_LENGTH(sea.ends));
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	fake_suspend(false);
	sea.ends[sea.n_ends++] = fds[1];
	return fds[0];
}

static void take_all(void)
{
	for (size_t i = 0; i < sea.n_ends; i++) {
		struct sea_answer answer = { .end = sea.ends[i] };
		ssize_t n;

		while ((n = read(sea.ends[i], answer.text, sizeof(answer.text))) > 0) {
			answer.n = (size_t)n;
			sea.fate(sea.taken++, answer);
		}
	}
}

/* In the order in which they were sent. An end that is gone takes nothing. */
static void deliver(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < sea.n_answers; i++) {
		const struct sea_answer *a = &sea.answers[i];

		if (a->due_ms > sea.now_ms)
			sea.answers[kept++] = *a;
		else if (write(a->end, a->text, a->n) == (ssize_t)a->n)
			sea.delivered++;
	}
	sea.n_answers = kept;
	if (sea.interrupt_ms <= sea.now_ms) {
		assert_int_equal(write(sea.interrupt_fds[1], "", 1), 1);
		sea.interrupt_ms = SEA_NEVER;
	}
}

static int64_t next_ms(int64_t end_ms)
{
	int64_t next = sea.interrupt_ms < end_ms ? sea.interrupt_ms : end_ms;

	for (size_t i = 0; i < sea.n_answers; i++)
		if (sea.answers[i].due_ms < next)
			next = sea.answers[i].due_ms;
	return next;
}

int __real_selector_select(struct selector *s, int timeout_ms);
int __wrap_selector_select(struct selector *s, int timeout_ms);
int __wrap_selector_select(struct selector *s, int timeout_ms)
{
	const int64_t end_ms = timeout_ms < 0 ? SEA_NEVER : sea.now_ms + timeout_ms;
	int r;

	for (;;) {
		fake_suspend(true);
		take_all();
		deliver();
		fake_suspend(false);
		if (sea.watch)
			sea.watch();
		r = __real_selector_select(s, 0);
		if (r != 0 || sea.now_ms == end_ms)
			return r;
		sea.now_ms = next_ms(end_ms);
		if (sea.now_ms == SEA_NEVER)
			fail_msg("the run waits for what never comes");
	}
}

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void)
{
	return sea.now_ms;
}

int64_t __wrap_clock_now_ns(void);
int64_t __wrap_clock_now_ns(void)
{
	return sea.now_ms * 1000000;
}

int __wrap_net_connect_datagram(const struct net_address *address,
				const struct net_address *bind_to, int *ret_fd);
int __wrap_net_connect_datagram(const struct net_address *address UNUSED,
				const struct net_address *bind_to UNUSED, int *ret_fd)
{
	*ret_fd = open_end(SOCK_DGRAM);
	return 0;
}

/* What never comes to anything is never writable: the end of a pipe that is for reading. */
int __wrap_net_connect(const struct net_address *address, const struct net_address *bind_to,
		       int *ret_fd);
int __wrap_net_connect(const struct net_address *address UNUSED,
		       const struct net_address *bind_to UNUSED, int *ret_fd)
{
	*ret_fd =
	    sea.connects(sea.n_connects++) ? open_end(SOCK_STREAM) : dup(sea.interrupt_fds[0]);
	assert_true(*ret_fd >= 0);
	return 1;
}

void sea_begin(void (*fate)(size_t nth, struct sea_answer answer))
{
	memset(&sea, 0, sizeof(sea));
	sea.start_ms = sea.now_ms = 1000000;
	sea.fate = fate;
	sea.interrupt_ms = SEA_NEVER;
	fake_suspend(true);
	assert_int_equal(pipe(sea.interrupt_fds), 0);
	fake_suspend(false);
}

void sea_begin_streams(bool (*connects)(size_t nth))
{
	sea_begin(NULL);
	sea.connects = connects;
}

/* ---- A run over it ---- */

static void set_up(struct run_settings *settings, struct net_address *addresses,
		   struct pattern *pattern)
{
	const char *const texts[SEA_MESSAGES] = { "one", "two", "three", "four", "five" };
	const char *const nothing[] = { "" };
	const bool streams = sea.connects;

	fake_suspend(true);
	assert_int_equal(net_parse("127.0.0.1", 9, &addresses[0]), 0);
	addresses[1] = addresses[0];
	assert_int_equal(
	    pattern_init(pattern, streams ? nothing : texts, streams ? 1 : SEA_MESSAGES, 0), 0);
	settings->err = fopen("/dev/null", "w");
	assert_non_null(settings->err);
	fake_suspend(false);
}

static void clear_up(const struct run_settings *settings, struct pattern *pattern)
{
	fake_suspend(true);
	pattern_fini(pattern);
	fclose(settings->err);
	for (size_t i = 0; i < sea.n_ends; i++)
		close(sea.ends[i]);
	close(sea.interrupt_fds[0]);
	close(sea.interrupt_fds[1]);
	fake_suspend(false);
}

int sea_run(size_t n_connections, int64_t timeout_ms, const char *service, struct tally *ret_tally)
{
	struct expect expect = { .service = service ? expect_service_find(service) : NULL };
	struct net_address addresses[2];
	struct pattern pattern;
	struct run_settings settings = { .pattern = &pattern,
					 .addresses = addresses,
					 .n_addresses = 2,
					 .udp = !sea.connects,
					 .n_connections = n_connections,
					 .timeout_ms = timeout_ms,
					 .selector_name = "poll",
					 .interrupt_fd = sea.interrupt_fds[0] };
	int r;

	set_up(&settings, addresses, &pattern);
	pattern.expect = service ? &expect : NULL;
	*ret_tally = (struct tally){ 0 };
	r = run_connections(&settings, ret_tally);
	clear_up(&settings, &pattern);
	return r;
}

int64_t sea_elapsed_ms(void)
{
	return sea.now_ms - sea.start_ms;
}
