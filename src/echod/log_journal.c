/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_journal.c: log_journal.h on libsystemd, which keeps a socket of its own and tells nobody its
 * number. A child that closes it would leave the library writing to whatever gets that number next,
 * so the number is watched for: it is the lowest free one at the first line, and a datagram socket
 * after it. Where that does not come true, children write to standard error instead.
 */
#include "src/echod/log_journal.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include "echod/attr.h"

#define SOCKET_PATH "/run/systemd/journal/socket"

enum {
	ARENA_BYTES = 16384, /* all fields of one line: log.c bounds each */
	FIELDS_MAX = 32
};

/* The fields of one line, one after the other in the arena. */
struct entry {
	struct iovec fields[FIELDS_MAX];
	size_t n;
	size_t used;
	char arena[ARENA_BYTES];
};

static struct {
	const char *program;
	int fd; /* the library's socket, -1 while unknown */
	bool used;
	bool lost; /* in a child whose copy of an unknown socket was closed */
} journal = { .fd = -1 };

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,	 [LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static void add(struct entry *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* A field that does not fit is left out. */
static void add(struct entry *e, const char *format, ...)
{
	size_t room = sizeof(e->arena) - e->used;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(e->arena + e->used, room, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= room || e->n == FIELDS_MAX)
		return;
	e->fields[e->n++] = (struct iovec){ .iov_base = e->arena + e->used, .iov_len = (size_t)n };
	e->used += (size_t)n;
}

static int lowest_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd;
}

static bool is_datagram_socket(int fd)
{
	int type = 0;
	socklen_t length = sizeof(type);

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
	       type == SOCK_DGRAM;
}

static void send_entry(const struct entry *e)
{
	int expected = journal.used ? -1 : lowest_free_fd();

	sd_journal_sendv(e->fields, (int)e->n);
	if (!journal.used && is_datagram_socket(expected))
		journal.fd = expected;
	journal.used = true;
}

static int journal_open(const char *program, const char *file UNUSED)
{
	if (access(SOCKET_PATH, W_OK) < 0)
		return -errno;
	journal.program = program;
	return 0;
}

static void journal_write(enum log_level level, const char *subsystem, const char *text,
			  const struct log_field *fields, size_t n_fields)
{
	struct entry e;

	if (journal.lost) {
		dprintf(STDERR_FILENO, "<%d>%s: %s\n", priorities[level], subsystem, text);
		return;
	}
	e.n = 0;
	e.used = 0;
	add(&e, "MESSAGE=%s: %s", subsystem, text);
	add(&e, "PRIORITY=%d", priorities[level]);
	add(&e, "SYSLOG_FACILITY=%d", LOG_DAEMON >> 3);
	add(&e, "SYSLOG_IDENTIFIER=%s", journal.program);
	add(&e, "SYSLOG_PID=%ld", (long)getpid());
	add(&e, "ECHOD_SUBSYSTEM=%s", subsystem);
	for (size_t i = 0; i < n_fields; i++)
		add(&e, "%s=%s", fields[i].name, fields[i].value);
	send_entry(&e);
}

/* The library's socket stays open: it would open another, and never asks for this one again. */
static void journal_close(void)
{
}

static int journal_fd(void)
{
	return journal.fd;
}

static void journal_in_child(void)
{
	journal.lost = journal.lost || (journal.used && journal.fd < 0);
}

static const struct log_sink sink = {
	.open = journal_open,
	.write = journal_write,
	.close = journal_close,
	.fd = journal_fd,
	.in_child = journal_in_child,
};

const struct log_sink *log_journal(void)
{
	return &sink;
}
