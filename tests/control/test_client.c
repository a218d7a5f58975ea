/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_client: the calling end that waits, against a child that plays the server's part, and the
 * places where it looks.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/clock.h"
#include "echod/control.h"
#include "echod/net.h"

enum {
	PATIENCE_MS = 20000, /* for what must come */
	SHORT_MS = 30	     /* for what must not */
};

struct place {
	char directory[64], path[80];
	int listen_fd;
	pid_t child;
};

static int setup(void **state)
{
	const struct net_listen_options options = { .backlog = 8, .socket_mode = 0600 };
	struct place *p = calloc(1, sizeof(*p));
	struct net_address address;

	if (!p)
		return -1;
	snprintf(p->directory, sizeof(p->directory), "/tmp/echod-test.XXXXXX");
	if (!mkdtemp(p->directory))
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/control.sock", p->directory);
	p->child = -1;
	*state = p;
	return net_parse_path(p->path, &address) < 0 ||
		       net_listen(&address, &options, &p->listen_fd) < 0
		   ? -1
		   : 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	if (p->child > 0) {
		kill(p->child, SIGKILL);
		waitpid(p->child, NULL, 0);
	}
	attr_close_fd(&p->listen_fd);
	unlink(p->path);
	rmdir(p->directory);
	free(p);
	return 0;
}

/* A server that reads something once and then sends these bytes one by one, and goes on or ends. */
static void play_server(struct place *p, const char *bytes, size_t n, bool end)
{
	p->child = fork();
	assert_true(p->child >= 0);
	if (p->child > 0)
		return;
	for (;;) {
		char request[4096];
		int flags = fcntl(p->listen_fd, F_GETFL) & ~O_NONBLOCK;
		int fd;

		fcntl(p->listen_fd, F_SETFL, flags);
		fd = accept(p->listen_fd, NULL, NULL);
		if (fd < 0 || (n > 0 && recv(fd, request, sizeof(request), 0) <= 0))
			_exit(1);
		for (size_t i = 0; i < n; i++)
			if (send(fd, bytes + i, 1, MSG_NOSIGNAL) != 1)
				_exit(1);
		if (end)
			close(fd);
	}
}

static struct control_client *open_client(const struct place *p)
{
	struct control_client *client = NULL;

	assert_int_equal(control_client_open(p->path, PATIENCE_MS, &client), 0);
	return client;
}

static int call(const struct place *p, int64_t timeout_ms, json_t **ret_reply)
{
	struct control_client *client = open_client(p);
	int r = control_client_call(client, "test.Ping", json_pack("{s:i}", "n", 1), timeout_ms,
				    ret_reply);

	control_client_close(client);
	return r;
}

static void test_call_when_answered_in_pieces_then_gives_the_reply(void **state)
{
	static const char reply[] = "{\"parameters\":{\"n\":7}}";
	struct place *p = *state;
	json_t *got;
	int n = 0;

	play_server(p, reply, sizeof(reply), false);
	assert_int_equal(call(p, PATIENCE_MS, &got), 0);
	assert_int_equal(json_unpack(got, "{s:{s:i}}", "parameters", "n", &n), 0);
	assert_int_equal(n, 7);
	json_decref(got);
}

static void test_receive_when_several_replies_then_one_at_a_time(void **state)
{
	static const char replies[] = "{\"continues\":true}\0{\"parameters\":{}}";
	struct place *p = *state;
	struct control_client *client;
	json_t *got;

	play_server(p, replies, sizeof(replies), true);
	client = open_client(p);
	assert_int_equal(control_client_send(client, "test.Watch", NULL, true, PATIENCE_MS), 0);
	assert_int_equal(control_client_receive(client, PATIENCE_MS, &got), 0);
	assert_true(json_is_true(json_object_get(got, "continues")));
	json_decref(got);
	assert_int_equal(control_client_receive(client, PATIENCE_MS, &got), 0);
	assert_null(json_object_get(got, "continues"));
	json_decref(got);
	assert_int_equal(control_client_receive(client, PATIENCE_MS, &got), -ECONNRESET);
	control_client_close(client);
}

static void test_call_when_the_answer_is_no_json_then_says_so(void **state)
{
	struct place *p = *state;
	json_t *got;

	play_server(p, "HTTP/1.1 400 Bad Request\r\n", 26, false);
	assert_int_equal(call(p, PATIENCE_MS, &got), -EBADMSG);
}

static void test_call_when_server_closes_then_says_so(void **state)
{
	struct place *p = *state;
	json_t *got;

	play_server(p, "{", 1, true);
	assert_int_equal(call(p, PATIENCE_MS, &got), -ECONNRESET);
}

static void test_call_when_not_answered_then_times_out(void **state)
{
	struct place *p = *state; /* accepted by the kernel, and nobody reads */
	int64_t start = clock_now_ms();
	json_t *got;

	assert_int_equal(call(p, SHORT_MS, &got), -ETIMEDOUT);
	assert_true(clock_now_ms() - start >= SHORT_MS);
}

static void test_send_when_nobody_reads_then_times_out(void **state)
{
	struct place *p = *state;
	struct control_client *client = open_client(p);
	char *text = malloc(8000000);

	memset(text, 'x', 8000000);
	assert_int_equal(control_client_send(client, "test.Big",
					     json_pack("{s:s%}", "t", text, (size_t)8000000), false,
					     SHORT_MS),
			 -ETIMEDOUT);
	free(text);
	control_client_close(client);
}

static void test_open_when_the_backlog_is_full_then_times_out(void **state)
{
	struct place *p = *state;
	struct control_client *clients[64];
	int n = 0, r = 0;

	while (n < 64 && (r = control_client_open(p->path, SHORT_MS, &clients[n])) == 0)
		n++;
	assert_int_equal(r, -ETIMEDOUT);
	while (n > 0)
		control_client_close(clients[--n]);
}

static void test_open_when_nothing_is_there_then_says_which(void **state)
{
	struct place *p = *state;
	struct control_client *client;
	char longest[300];

	attr_close_fd(&p->listen_fd);
	assert_int_equal(control_client_open(p->path, SHORT_MS, &client), -ECONNREFUSED);
	unlink(p->path);
	assert_int_equal(control_client_open(p->path, SHORT_MS, &client), -ENOENT);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(control_client_open(longest, SHORT_MS, &client), -ENAMETOOLONG);
}

/* ---- Places ---- */

/* The places joined by spaces. Static storage. */
static const char *places(const char *given)
{
	static char joined[1024];
	char *paths[CONTROL_PLACES_MAX];
	size_t n = control_places(given, paths);

	joined[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		assert_non_null(paths[i]);
		strcat(strcat(joined, i > 0 ? " " : ""), paths[i]);
		free(paths[i]);
	}
	return joined;
}

static void forget_places(void)
{
	unsetenv("ECHOD_SOCKET");
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
}

#define SYSTEM RUNSTATEDIR "/echod/control.sock"

static void test_places_then_the_nearest_name_wins(void **state)
{
	char expected[200];

	(void)state;
	forget_places();
	if (geteuid() == 0)
		assert_string_equal(places(NULL), SYSTEM);
	setenv("RUNTIME_DIRECTORY", "/run/unit:/run/other", 1);
	assert_string_equal(places(NULL), "/run/unit/control.sock " SYSTEM);
	setenv("ECHOD_SOCKET", "/x/y", 1);
	assert_string_equal(places(NULL), "/x/y");
	assert_string_equal(places("relative"), "relative");
	setenv("ECHOD_SOCKET", "", 1);
	assert_string_equal(places(NULL), "/run/unit/control.sock " SYSTEM);
	forget_places();
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	snprintf(expected, sizeof(expected), "%s%s",
		 geteuid() == 0 ? "" : "/run/user/7/echod/control.sock ", SYSTEM);
	assert_string_equal(places(NULL), expected);
	forget_places();
}

static int differs_from_runtime_directory(const char *expected)
{
	CLEANUP_FREE char *directory = control_runtime_directory();

	return !directory || strcmp(directory, expected) != 0;
}

/* In a child that is not root. */
static int check_runtime_directories(void)
{
	char own[64];
	int wrong = geteuid() == 0 && setuid(12345) < 0;

	snprintf(own, sizeof(own), "/tmp/echod-%ld", (long)geteuid());
	wrong += differs_from_runtime_directory(own);
	setenv("XDG_RUNTIME_DIR", "not/absolute", 1);
	wrong += differs_from_runtime_directory(own);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	wrong += differs_from_runtime_directory("/run/user/7/echod");
	return wrong;
}

static void test_runtime_directory_when_not_root_then_is_the_users_own(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	forget_places();
	pid = fork();
	if (pid == 0)
		_exit(check_runtime_directories());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_find_when_one_place_answers_then_it_is_named(void **state)
{
	struct place *p = *state;
	struct control_client *client = NULL;
	char *path = NULL, *tried = NULL;

	forget_places();
	setenv("RUNTIME_DIRECTORY", p->directory, 1);
	assert_int_equal(control_client_find(NULL, PATIENCE_MS, &client, &path, &tried), 0);
	assert_string_equal(path, p->path);
	assert_null(tried);
	control_client_close(client);
	free(path);
	forget_places();
}

static void test_find_when_none_answers_then_every_place_is_named(void **state)
{
	struct place *p = *state;
	struct control_client *client = NULL;
	char *tried = NULL, expected[300];

	if (access(SYSTEM, F_OK) == 0)
		skip(); /* a daemon of this machine would answer */
	forget_places();
	setenv("RUNTIME_DIRECTORY", p->directory, 1);
	attr_close_fd(&p->listen_fd); /* refused, which tells more than nothing there */
	assert_int_equal(control_client_find(NULL, SHORT_MS, &client, NULL, &tried), -ECONNREFUSED);
	snprintf(expected, sizeof(expected), "%s, %s", p->path, SYSTEM);
	assert_string_equal(tried, expected);
	free(tried);
	assert_int_equal(control_client_find("/nowhere/at all", SHORT_MS, &client, NULL, &tried),
			 -ENOENT);
	assert_string_equal(tried, "/nowhere/at all");
	free(tried);
	forget_places();
}

/* ---- Groups ---- */

static void test_groups_when_the_peer_belongs_to_one_then_true(void **state)
{
	int fds[2];
	gid_t mine = getegid(), nobodys = (gid_t)-2;
	struct control_peer peer = { .uid = geteuid(), .gid = getegid() };
	gid_t further[NGROUPS_MAX > 1024 ? 1024 : NGROUPS_MAX];
	int n;

	(void)state;
	assert_int_equal(net_socketpair(fds), 0);
	peer.fd = fds[0];
	assert_true(control_peer_in_groups(&peer, &mine, 1));
	assert_false(control_peer_in_groups(&peer, &nobodys, 1));
	assert_false(control_peer_in_groups(&peer, &mine, 0));
	peer.gid = nobodys;
	n = getgroups(ARRAY_LENGTH(further), further);
	if (n > 0)
		assert_true(control_peer_in_groups(&peer, &further[n - 1], 1));
	close(fds[0]);
	close(fds[1]);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_call_when_answered_in_pieces_then_gives_the_reply),
		T(test_receive_when_several_replies_then_one_at_a_time),
		T(test_call_when_the_answer_is_no_json_then_says_so),
		T(test_call_when_server_closes_then_says_so),
		T(test_call_when_not_answered_then_times_out),
		T(test_send_when_nobody_reads_then_times_out),
		T(test_open_when_the_backlog_is_full_then_times_out),
		T(test_open_when_nothing_is_there_then_says_which),
		cmocka_unit_test(test_places_then_the_nearest_name_wins),
		cmocka_unit_test(test_runtime_directory_when_not_root_then_is_the_users_own),
		T(test_find_when_one_place_answers_then_it_is_named),
		T(test_find_when_none_answers_then_every_place_is_named),
		cmocka_unit_test(test_groups_when_the_peer_belongs_to_one_then_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
