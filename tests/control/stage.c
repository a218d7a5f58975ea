/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stage.c owns the server, its methods and the raw clients of the tests of src/control.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include "tests/control/stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/net.h"

static void started(struct stage *stage, char letter)
{
	size_t n = strlen(stage->order);

	if (n + 1 < sizeof(stage->order))
		stage->order[n] = letter;
}

/* ---- Methods ---- */

static void start_ping(struct control_call *call, void *user)
{
	started(user, 'p');
	control_reply(call, NULL);
}

static void start_echo(struct control_call *call, void *user)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)control_call_parameters(call));

	started(user, 'e');
	control_reply(call, copy);
}

static void kept_cancelled(struct control_call *call, void *mark)
{
	struct stage *stage = mark;

	stage->n_cancelled++;
	control_reply(call, NULL); /* goes nowhere and hurts nobody */
	for (size_t i = 0; i < stage->n_kept; i++)
		if (stage->kept[i] == call)
			stage->kept[i] = NULL;
}

static void start_keep(struct control_call *call, void *user)
{
	struct stage *stage = user;

	started(stage, 'k');
	assert_true(stage->n_kept < STAGE_KEPT_MAX);
	stage->kept[stage->n_kept++] = call;
	control_call_keep(call, stage, kept_cancelled);
}

static void start_stream(struct control_call *call, void *user)
{
	started(user, 's');
	for (int i = 1; i <= 2; i++)
		if (!control_reply_more(call, json_pack("{s:i}", "n", i)))
			return;
	control_reply(call, json_pack("{s:i}", "n", 3));
}

/* Ten replies of 100,000 bytes, each when the last was taken. */
static void paced_taken(struct control_call *call, void *mark)
{
	struct stage *stage = mark;
	char text[100000];

	stage->n_taken++;
	memset(text, 'x', sizeof(text));
	while (control_call_unsent_bytes(call) == 0) {
		json_t *reply = json_pack("{s:s%}", "text", text, sizeof(text));

		if (++stage->n_paced == 10) {
			control_reply(call, reply);
			return;
		}
		if (!control_reply_more(call, reply))
			return;
	}
	assert_true(control_call_unsent_bytes(call) <= sizeof(text) + 100);
}

static void paced_cancelled(struct control_call *call, void *mark)
{
	struct stage *stage = mark;

	(void)call;
	stage->n_cancelled++;
}

static void start_paced(struct control_call *call, void *user)
{
	control_call_keep(call, user, paced_cancelled);
	control_call_on_taken(call, paced_taken);
	paced_taken(call, user);
}

static void start_big(struct control_call *call, void *user)
{
	size_t n =
	    (size_t)json_integer_value(json_object_get(control_call_parameters(call), "bytes"));
	char *text = malloc(n);

	started(user, 'b');
	assert_non_null(text);
	memset(text, 'x', n);
	control_reply(call, json_pack("{s:s%}", "text", text, n));
	free(text);
}

static void start_fail(struct control_call *call, void *user)
{
	started(user, 'f');
	control_error(call, "test.Stage.Failed", json_pack("{s:s}", "why", "asked to"));
}

static void start_memory(struct control_call *call, void *user)
{
	started(user, 'm');
	control_error_memory(call);
}

/* Answers how many descriptors came, and takes the first. */
static void start_take(struct control_call *call, void *user)
{
	struct stage *stage = user;
	int *fds;
	size_t n = control_call_fds(call, &fds);

	started(stage, 't');
	if (n > 0) {
		stage->taken_fd = fds[0];
		fds[0] = -1;
	}
	control_reply(call, json_pack("{s:i}", "fds", (int)n));
}

static const struct control_method methods[] = {
	{ .name = "Ping", .right = CONTROL_READ, .start = start_ping },
	{ .name = "Echo",
	  .right = CONTROL_READ,
	  .start = start_echo,
	  .parameters = { { "text", JSON_STRING, false },
			  { "number", JSON_INTEGER, true },
			  { "ratio", JSON_REAL, true },
			  { "flag", JSON_TRUE, true } } },
	{ .name = "Keep", .right = CONTROL_READ, .start = start_keep },
	{ .name = "Stream", .right = CONTROL_READ, .needs_more = true, .start = start_stream },
	{ .name = "Big",
	  .right = CONTROL_READ,
	  .start = start_big,
	  .parameters = { { "bytes", JSON_INTEGER, false } } },
	{ .name = "Paced", .right = CONTROL_READ, .needs_more = true, .start = start_paced },
	{ .name = "Fail", .right = CONTROL_READ, .start = start_fail },
	{ .name = "Memory", .right = CONTROL_READ, .start = start_memory },
	{ .name = "Take",
	  .right = CONTROL_READ,
	  .start = start_take,
	  .parameters = { { "text", JSON_STRING, true } } },
	{ .name = "Admin", .right = CONTROL_ADMIN, .start = start_ping },
};

/* ---- What the server tells ---- */

static bool may(const struct control_peer *peer, enum control_right right, void *user)
{
	const struct stage *stage = user;

	assert_int_equal(peer->uid, geteuid());
	assert_int_equal(peer->pid, getpid());
	return right != CONTROL_ADMIN || stage->may;
}

static void refused(const struct control_peer *peer, const char *method, void *user)
{
	struct stage *stage = user;

	(void)peer;
	assert_string_equal(method, "test.Stage.Admin");
	stage->n_refused++;
}

static void malformed(const struct control_peer *peer, const char *why, void *user)
{
	struct stage *stage = user;

	(void)peer;
	assert_non_null(why);
	stage->n_malformed++;
}

static void gone(int fd, void *user)
{
	struct stage *stage = user;

	assert_true(fd >= 0);
	stage->n_gone++;
}

/* ---- The stage ---- */

int stage_setup(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	if (!stage || selector_open(NULL, &stage->selector) < 0)
		return -1;
	snprintf(stage->directory, sizeof(stage->directory), "/tmp/echod-test.XXXXXX");
	if (!mkdtemp(stage->directory))
		return -1;
	snprintf(stage->path, sizeof(stage->path), "%s/socket", stage->directory);
	stage->taken_fd = -1;
	stage->settings = (struct control_server_settings){ .selector = stage->selector,
							    .interface = "test.Stage",
							    .description = "interface test.Stage\n",
							    .vendor = "the vendor",
							    .product = "the product",
							    .version = "1.2",
							    .methods = methods,
							    .n_methods = ARRAY_LENGTH(methods),
							    .user = stage,
							    .max_request_bytes = STAGE_REQUEST_MAX,
							    .max_unsent_bytes = STAGE_UNSENT_MAX,
							    .may = may,
							    .refused = refused,
							    .malformed = malformed,
							    .gone = gone };
	*state = stage;
	return 0;
}

int stage_teardown(void **state)
{
	struct stage *stage = *state;

	control_server_free(stage->server);
	attr_close_fd(&stage->taken_fd);
	selector_close(stage->selector);
	unlink(stage->path);
	rmdir(stage->directory);
	free(stage);
	return 0;
}

void stage_serve(struct stage *stage)
{
	const struct net_listen_options options = { .backlog = 64, .socket_mode = 0600 };
	struct net_address address;
	int fd;

	assert_int_equal(net_parse_path(stage->path, &address), 0);
	assert_int_equal(net_listen(&address, &options, &fd), 0);
	assert_int_equal(control_server_new(&stage->settings, &stage->server), 0);
	assert_int_equal(control_server_listen(stage->server, fd), 0);
}

int stage_ready(struct stage *stage)
{
	return selector_select(stage->selector, 0);
}

void stage_turn(struct stage *stage)
{
	for (int turns = 0; stage_ready(stage) > 0; turns++) {
		assert_true(turns < 10000);
		selector_dispatch(stage->selector);
	}
}

int stage_connect(struct stage *stage)
{
	struct net_address address;
	int fd;

	assert_int_equal(net_parse_path(stage->path, &address), 0);
	assert_int_equal(net_connect(&address, NULL, &fd), 0);
	stage_turn(stage);
	return fd;
}

void stage_send(int fd, const char *text, size_t n)
{
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

const char *stage_received(int fd)
{
	static char text[64 * 1024];
	const size_t room = sizeof(text) - sizeof("<end>");
	size_t used = 0;
	ssize_t n = 1;

	while (used < room && (n = recv(fd, text + used, room - used, 0)) > 0)
		used += (size_t)n;
	for (size_t i = 0; i < used; i++)
		if (text[i] == '\0')
			text[i] = ';';
	strcpy(text + used, n == 0 || (n < 0 && errno != EAGAIN) ? "<end>" : "");
	return text;
}

void stage_expect(struct stage *stage, int fd, const char *text)
{
	stage_turn(stage);
	assert_string_equal(stage_received(fd), text);
}
