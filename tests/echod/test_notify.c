/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_notify.c: a datagram socket plays the service manager. Built twice, with the sender of this
 * build and with notify_fallback.c: the manager cannot tell them apart.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/echod/notify.h"

static char directory[64], path[128];
static int manager = -1;

static int bind_manager(const char *name, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, name, length);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return bind(manager, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_notify.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/notify", directory);
	setenv("NOTIFY_SOCKET", path, 1);
	return bind_manager(path, strlen(path));
}

static int tear_down(void **state)
{
	(void)state;
	notify_in_child();
	close(manager);
	unlink(path);
	return rmdir(directory);
}

/* The next message; "" when there is none. It is there when the sender's call returned. */
static const char *heard(void)
{
	static char text[4096];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_each_call_is_one_message(void **state)
{
	(void)state;
	assert_true(notify_wanted());
	notify_ready("serving 2 listeners");
	assert_string_equal(heard(), "READY=1\nSTATUS=serving 2 listeners");
	notify_ready(NULL);
	assert_string_equal(heard(), "READY=1\n");
	notify_status("%d connections", 1000);
	assert_string_equal(heard(), "STATUS=1000 connections");
	notify_stopping("draining");
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=draining");
	notify_extend_timeout(1500);
	assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=1500000\n");
	notify_watchdog();
	assert_string_equal(heard(), "WATCHDOG=1\n");
	assert_string_equal(heard(), "");
}

static void test_reloading_tells_the_monotonic_time(void **state)
{
	unsigned long long before = 0, after = 0;
	char rest[64] = "";

	(void)state;
	notify_reloading("reading the configuration");
	assert_int_equal(
	    sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu\n%63[^\n]", &before, rest), 2);
	assert_string_equal(rest, "STATUS=reading the configuration");
	notify_reloading(NULL);
	assert_int_equal(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu\n", &after), 1);
	assert_true(before > 0 && before <= after);
}

static void test_status_is_one_line_and_bounded(void **state)
{
	char text[10001];

	(void)state;
	notify_status("one\nREADY=1");
	assert_string_equal(heard(), "STATUS=one READY=1");
	memset(text, 'x', 10000);
	text[10000] = '\0';
	notify_ready(text);
	assert_in_range(strlen(heard()), 100, 1000);
}

static void test_abstract_name(void **state)
{
	char name[64];

	(void)state;
	close(manager);
	snprintf(name, sizeof(name), "@test_notify.%ld", (long)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	name[0] = '\0';
	assert_int_equal(bind_manager(name, 1 + strlen(name + 1)), 0);
	notify_watchdog();
	assert_string_equal(heard(), "WATCHDOG=1\n");
}

static void test_child_says_nothing(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "3000000", 1);
	notify_in_child();
	assert_false(notify_wanted());
	notify_ready("no");
	notify_watchdog();
	assert_int_equal(notify_watchdog_interval_ms(), 0);
	assert_string_equal(heard(), "");
}

static void test_manager_that_is_not_there_or_has_no_sensible_name_harms_nobody(void **state)
{
	static const char *const names[] = { "/nonexistent/notify", "relative", "@", "/", "" };
	char longer[300];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_ready("unheard");
	}
	memset(longer, '/', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longer, 1);
	notify_ready("unheard");
	assert_string_equal(heard(), "");
}

static void test_no_descriptor_is_left_open(void **state)
{
	int before = dup(STDIN_FILENO), after;

	(void)state;
	close(before);
	for (int i = 0; i < 5; i++)
		notify_watchdog();
	after = dup(STDIN_FILENO);
	close(after);
	assert_int_equal(before, after);
}

static void test_watchdog_interval_is_half_of_the_managers_patience(void **state)
{
	char number[32];

	(void)state;
	assert_int_equal(notify_watchdog_interval_ms(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(notify_watchdog_interval_ms(), 1500);
	setenv("WATCHDOG_USEC", "1000", 1);
	assert_int_equal(notify_watchdog_interval_ms(), 1);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_watchdog_interval_ms(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_interval_ms(), 0);
	snprintf(number, sizeof(number), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", number, 1);
	assert_int_equal(notify_watchdog_interval_ms(), 1500);
}

#define NOTIFY_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTIFY_TEST(test_each_call_is_one_message),
		NOTIFY_TEST(test_reloading_tells_the_monotonic_time),
		NOTIFY_TEST(test_status_is_one_line_and_bounded),
		NOTIFY_TEST(test_abstract_name),
		NOTIFY_TEST(test_child_says_nothing),
		NOTIFY_TEST(test_manager_that_is_not_there_or_has_no_sensible_name_harms_nobody),
		NOTIFY_TEST(test_no_descriptor_is_left_open),
		NOTIFY_TEST(test_watchdog_interval_is_half_of_the_managers_patience),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
