/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reload_check.c: the child writes its mistakes as FILE, LINE and MESSAGE, each ended by a NUL byte,
 * and ends with exit code 0 (good), CHILD_BAD (mistakes) or CHILD_FAILED. What it wrote counts only
 * after one of the first two: a child that died half-way has said nothing.
 */
#include "build.h"

#include "src/echod/reload_check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"
#include "src/echod/keep.h"
#include "src/echod/notify.h"
#include "src/echod/signals.h"

enum {
	CHILD_BAD = 78,
	CHILD_FAILED = 1,
	READ_BYTES = 4096
};

/* ---- The child ---- */

static int write_answer(int fd, const struct config_errors *errors)
{
	FILE *out = fdopen(fd, "w");

	if (!out)
		return -errno;
	for (size_t i = 0; i < errors->length; i++) {
		const struct config_error *e = &errors->items[i];

		fprintf(out, "%s%c%d%c%s%c", e->file ? e->file : "", '\0', e->line, '\0',
			e->message, '\0');
	}
	return fclose(out) == 0 ? 0 : -errno;
}

/* It inherits the master's memory, and may free none of it. */
static _Noreturn void run_child(const struct options *options, reload_check_load *load,
				pid_t master, int fd)
{
	struct config_errors errors = { 0 };
	struct config config;
	int r;

	signals_in_child();
	notify_in_child();
	if (keep_only(&fd, 1) < 0 || signals_die_with_parent(master, SIGKILL) < 0)
		_exit(CHILD_FAILED);
	r = load(options, &config, &errors);
	if (r < 0 && errors.length == 0)
		_exit(CHILD_FAILED);
	if (write_answer(fd, &errors) < 0)
		_exit(CHILD_FAILED);
	_exit(r < 0 ? CHILD_BAD : 0);
}

/* ---- The master's end ---- */

static void close_pipe(struct reload_check *check)
{
	if (check->fd < 0)
		return;
	selector_unregister(check->selector, check->fd);
	attr_close_fd(&check->fd);
}

static void finish(struct reload_check *check)
{
	if (check->fd >= 0 || !check->ended)
		return;
	check->pid = 0;
	check->deadline_ms = INT64_MAX;
	check->done(check);
}

static void pipe_ready(struct selector_handler *handler, int fd, unsigned mask)
{
	struct reload_check *check = CONTAINER_OF(handler, struct reload_check, handler);
	uint8_t *space;
	ssize_t n;

	(void)mask;
	if (buf_reserve(&check->answer, READ_BYTES, &space) < 0) {
		close_pipe(check); /* the child fails at its next write */
		finish(check);
		return;
	}
	n = read(fd, space, READ_BYTES);
	buf_commit(&check->answer, n > 0 ? (size_t)n : 0);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	close_pipe(check);
	finish(check);
}

static int fork_child(struct reload_check *check, const struct options *options,
		      reload_check_load *load, int fd)
{
	const pid_t master = getpid();

	fflush(NULL); /* or the child would print it again */
	check->pid = fork();
	if (check->pid == 0)
		run_child(options, load, master, fd);
	if (check->pid > 0)
		return 0;
	check->pid = 0;
	return -errno;
}

int reload_check_start(struct reload_check *check, struct selector *selector,
		       const struct options *options, reload_check_load *load, int64_t now_ms,
		       void (*done)(struct reload_check *check))
{
	int fds[2], r;

	*check = (struct reload_check){ .handler.ready = pipe_ready,
					.selector = selector,
					.fd = -1,
					.deadline_ms = now_ms + RELOAD_CHECK_MS,
					.done = done };
	if (pipe(fds) < 0)
		return -errno;
	check->fd = fds[0];
	r = fcntl(fds[0], F_SETFD, FD_CLOEXEC) < 0 ? -errno : net_set_nonblocking(fds[0]);
	if (r >= 0)
		r = selector_register(selector, fds[0], EVENT_READ, &check->handler);
	if (r >= 0) {
		r = fork_child(check, options, load, fds[1]);
		if (r < 0)
			selector_unregister(selector, fds[0]);
	}
	close(fds[1]);
	if (r < 0)
		attr_close_fd(&check->fd);
	return r;
}

void reload_check_child_ended(struct reload_check *check, pid_t pid, int status)
{
	if (check->pid == 0 || pid != check->pid)
		return;
	check->ended = true;
	check->status = status;
	finish(check);
}

int64_t reload_check_deadline_ms(const struct reload_check *check)
{
	return check->pid ? check->deadline_ms : INT64_MAX;
}

void reload_check_expire(struct reload_check *check, int64_t now_ms)
{
	if (check->pid == 0 || check->deadline_ms > now_ms)
		return;
	check->late = true;
	check->deadline_ms = INT64_MAX;
	kill(check->pid, SIGKILL);
}

/* ---- The answer ---- */

/* The text at *p, which goes on behind it; NULL when there is none that ends. */
static const char *take_text(const char **p, const char *end)
{
	const char *text = *p;
	const char *nul = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;

	if (nul)
		*p = nul + 1;
	return nul ? text : NULL;
}

static int read_mistakes(const struct buf *answer, struct config_errors *errors)
{
	const char *p = (const char *)buf_data(answer), *end;
	const char *file, *line, *message;

	if (!p)
		return -EPROTO;
	end = p + buf_length(answer);
	while ((file = take_text(&p, end)) && (line = take_text(&p, end)) &&
	       (message = take_text(&p, end)))
		if (config_errors_add(errors, file[0] ? file : NULL, atoi(line), "%s", message) < 0)
			return -ENOMEM;
	return errors->length > 0 ? -EINVAL : -EPROTO;
}

int reload_check_result(struct reload_check *check, struct config_errors *errors, struct why *why)
{
	const int status = check->status;
	int r = -EPROTO;

	if (check->late)
		why_set(why, r, "reading the configuration took longer than %d s",
			RELOAD_CHECK_MS / 1000);
	else if (WIFSIGNALED(status))
		why_set(why, r, "reading the configuration ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 0)
		r = 0;
	else if (WEXITSTATUS(status) == CHILD_BAD)
		r = read_mistakes(&check->answer, errors);
	if (r < 0 && r != -EINVAL && !why->text[0])
		why_set(why, r, "reading the configuration failed with exit code %d",
			WEXITSTATUS(status));
	buf_fini(&check->answer);
	return r;
}

void reload_check_end(struct reload_check *check)
{
	if (check->pid) {
		kill(check->pid, SIGKILL);
		while (!check->ended && waitpid(check->pid, NULL, 0) < 0 && errno == EINTR)
			;
		close_pipe(check);
		check->pid = 0;
	}
	buf_fini(&check->answer);
}
