/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * cycle.c: the processes of one life of the daemon, and its peers. The test is the subreaper of all
 * (where there is such a thing), so that nothing of the daemon can outlive it unseen.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include "tests/echod/cycle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "echod/clock.h"
#include "echod/control.h"
#include "echod/net.h"
#include "src/echod/lifecycle.h"
#include "src/echod/options.h"
#include "tests/fake/fake_syscalls.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* ---- The place ---- */

static void write_config(const struct cycle *c, bool again)
{
	FILE *file;

	fake_suspend(true);
	file = fopen(c->config, "w");
	assert_non_null(file);
	fprintf(file,
		"user = \"%s\"; workers = 1; pid-file = \"%s\"; drain-timeout = \"2s\";\n"
		"control = { socket = \"%s\"; }; log = { to = \"stderr\"; };\n"
		"listeners = {\n"
		"  first = { address = \"127.0.0.1\"; port = 0; max-pending = \"%s\";\n"
		"            transport = [ \"tcp\", \"udp\" ]; };\n"
		"  second = { address = \"%s\"; transport = [ \"unix\" ]; };\n",
		geteuid() == 0 ? "root" : "echod", c->pid_file, c->control, again ? "8k" : "4k",
		c->path);
	if (again)
		fprintf(file, "  third = { address = \"%s\"; transport = [ \"unix\" ]; };\n",
			c->added);
	fputs("};\n", file);
	assert_int_equal(fclose(file), 0);
	fake_suspend(false);
}

void cycle_reconfigure(struct cycle *c)
{
	write_config(c, true);
}

void cycle_init(struct cycle *c)
{
	*c = (struct cycle){ .out = -1, .err = -1, .live = -1 };
	strcpy(c->directory, "/tmp/echod-cycle-XXXXXX");
	assert_non_null(mkdtemp(c->directory));
	snprintf(c->config, sizeof(c->config), "%s/echod.conf", c->directory);
	snprintf(c->control, sizeof(c->control), "%s/control", c->directory);
	snprintf(c->path, sizeof(c->path), "%s/echo", c->directory);
	snprintf(c->added, sizeof(c->added), "%s/added", c->directory);
	snprintf(c->pid_file, sizeof(c->pid_file), "%s/pid", c->directory);
#ifdef PR_SET_CHILD_SUBREAPER
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
#endif
}

void cycle_fini(struct cycle *c)
{
	if (c->master > 0)
		kill(c->master, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	attr_close_fd(&c->out);
	attr_close_fd(&c->err);
	attr_close_fd(&c->live);
	unlink(c->config);
	unlink(c->control);
	unlink(c->path);
	unlink(c->added);
	unlink(c->pid_file);
	assert_int_equal(rmdir(c->directory), 0);
}

const char *cycle_left_over(const struct cycle *c)
{
	static char name[256];
	DIR *list = opendir(c->directory);
	unsigned n = 0;

	assert_non_null(list);
	for (struct dirent *entry; (entry = readdir(list));) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "echod.conf") == 0)
			continue;
		snprintf(name, sizeof(name), "%s", n++ ? "" : entry->d_name);
	}
	closedir(list);
	return n ? name : NULL;
}

/* ---- The daemon ---- */

static _Noreturn void be_master(struct cycle *c, int out)
{
	char program[] = "echod", option[] = "--config";
	char *arguments[] = { program, option, c->config, NULL };
	struct options options;
	unsigned before;
	int code;

	fake_suspend(true);
	dup2(out, STDOUT_FILENO);
	dup2(c->err, STDERR_FILENO);
	close(out);
	close(c->out);
	close(c->err);
	json_set_alloc_funcs(fake_malloc, free);
	assert_int_equal(options_parse(3, arguments, &options), 0);
	before = fake_open_fds();
	fake_suspend(false);
	code = lifecycle_run(&options);
	fake_suspend(true);
	options_fini(&options);
	if (fake_open_fds() != before) {
		fprintf(stderr, "cycle: %u descriptors are open, not %u\n", fake_open_fds(),
			before);
		code = 97;
	}
	exit(code);
}

/* Waits for one line or the end of the pipe: false. */
static bool read_line(struct cycle *c, char *line, size_t size)
{
	struct pollfd wait = { .fd = c->out, .events = POLLIN };
	size_t n = 0;

	for (;;) {
		if (poll(&wait, 1, CYCLE_PATIENCE_MS) <= 0)
			CYCLE_FAIL(c, "the daemon says nothing and does not end");
		if (n + 1 >= size || read(c->out, line + n, 1) != 1)
			return false;
		if (line[n++] == '\n')
			break;
	}
	line[n] = '\0';
	return true;
}

void cycle_start(struct cycle *c)
{
	char line[256];
	int pair[2];

	write_config(c, false);
	fake_suspend(true);
	c->err = open(c->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(c->err >= 0);
	assert_int_equal(pipe(pair), 0);
	c->out = pair[0];
	c->port = 0;
	fflush(NULL);
	c->master = fork();
	assert_true(c->master >= 0);
	if (c->master == 0) {
		fake_suspend(false);
		be_master(c, pair[1]);
	}
	close(pair[1]);
	c->started = true;
	for (int i = 0; i < 3 && c->started; i++) {
		c->started = read_line(c, line, sizeof(line));
		if (c->started)
			sscanf(line, "listening on tcp 127.0.0.1 %d first", &c->port);
	}
	fake_suspend(false);
}

static void collect(struct cycle *c)
{
	ssize_t n = pread(c->err, c->said, sizeof(c->said) - 1, 0);

	c->said[n > 0 ? n : 0] = '\0';
}

void cycle_show(struct cycle *c)
{
	const char *hit = fake_hit();

	fake_suspend(true);
	if (c->err >= 0)
		collect(c);
	fprintf(stderr, "hit: %s; the daemon said:\n%s", hit ? hit : "nothing", c->said);
	if (c->master > 0)
		kill(c->master, SIGKILL);
	fake_suspend(false);
}

/* After the master: whoever is left was handed to us, and should not be. */
static void check_no_orphan(struct cycle *c)
{
	pid_t pid;

	/* The leak check of a worker that is killed in it leaves its helper to us. */
	while (SANITIZED && waitpid(-1, NULL, 0) > 0)
		;
	pid = waitpid(-1, NULL, WNOHANG);
	if (pid >= 0 || errno != ECHILD) {
		CYCLE_FAIL(c, "a process of the daemon outlived its master");
	}
}

void cycle_wait(struct cycle *c)
{
	char line[256];
	int status;

	fake_suspend(true);
	while (read_line(c, line, sizeof(line)))
		;
	assert_int_equal(waitpid(c->master, &status, 0), c->master);
	c->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (WIFSIGNALED(status))
		CYCLE_FAIL(c, "the master died of signal %d", WTERMSIG(status));
	check_no_orphan(c);
	collect(c);
	if (strstr(c->said, "Sanitizer") || strstr(c->said, "runtime error:"))
		CYCLE_FAIL(c, "a sanitizer complains");
	c->master = 0;
	attr_close_fd(&c->out);
	attr_close_fd(&c->err);
	fake_suspend(false);
}

/* ---- The peer ---- */

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 13 + i / 256);
}

static void address_of(const struct cycle *c, enum cycle_listener where,
		       struct net_address *ret_address)
{
	if (where == CYCLE_TCP)
		assert_int_equal(net_parse("127.0.0.1", (uint16_t)c->port, ret_address), 0);
	else
		assert_int_equal(
		    net_parse_path(where == CYCLE_UNIX ? c->path : c->added, ret_address), 0);
}

static int connect_to(struct cycle *c, enum cycle_listener where)
{
	const struct timeval patience = { .tv_sec = CYCLE_PATIENCE_MS / 1000 };
	struct net_address address;
	int fd;

	address_of(c, where, &address);
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, &address.any, address.length) < 0)
		CYCLE_FAIL(c, "connect: %s", strerror(errno));
	return fd;
}

/* The bytes from first to the one before last; a peer that has gone is found by the receiver. */
static void send_bytes(int fd, size_t first, size_t last)
{
	uint8_t bytes[CYCLE_BYTES];

	for (size_t i = first; i < last; i++)
		bytes[i] = byte_at(i);
	(void)send(fd, bytes + first, last - first, MSG_NOSIGNAL);
}

static size_t receive_all(struct cycle *c, int fd)
{
	size_t n = 0;

	for (;;) {
		uint8_t bytes[CYCLE_BYTES];
		const ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		if (got < 0 && errno == EAGAIN)
			CYCLE_FAIL(c, "no answer: a connection hangs");
		if (got <= 0)
			return n;
		for (ssize_t i = 0; i < got; i++, n++)
			if (n >= CYCLE_BYTES || bytes[i] != byte_at(n))
				CYCLE_FAIL(c, "byte %zu is wrong", n);
	}
}

static size_t end_talk(struct cycle *c, int fd, size_t sent)
{
	size_t n;

	send_bytes(fd, sent, CYCLE_BYTES);
	shutdown(fd, SHUT_WR);
	n = receive_all(c, fd);
	close(fd);
	return n;
}

size_t cycle_talk(struct cycle *c, enum cycle_listener where)
{
	size_t n;

	fake_suspend(true);
	n = end_talk(c, connect_to(c, where), 0);
	fake_suspend(false);
	return n;
}

void cycle_open(struct cycle *c)
{
	fake_suspend(true);
	c->live = connect_to(c, CYCLE_TCP);
	send_bytes(c->live, 0, CYCLE_BYTES / 2);
	fake_suspend(false);
}

size_t cycle_close(struct cycle *c)
{
	size_t n;

	fake_suspend(true);
	n = end_talk(c, TAKE_FD(c->live), CYCLE_BYTES / 2);
	fake_suspend(false);
	return n;
}

/* ---- The operator ---- */

json_t *cycle_call(struct cycle *c, const char *method, json_t *parameters)
{
	struct control_client *client = NULL;
	json_t *reply = NULL;
	int r;

	fake_suspend(true);
	r = control_client_open(c->control, CYCLE_PATIENCE_MS, &client);
	if (r >= 0)
		r = control_client_call(client, method, parameters, CYCLE_PATIENCE_MS, &reply);
	else
		json_decref(parameters);
	if (r == -ETIMEDOUT)
		CYCLE_FAIL(c, "%s: no answer", method);
	control_client_close(client);
	fake_suspend(false);
	return r < 0 ? NULL : reply;
}
