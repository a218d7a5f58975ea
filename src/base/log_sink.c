/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_sink.c: standard error, a file and syslog(3). Each line is one write(2), so that lines of
 * several processes never mix. A sink that cannot write has nobody left to tell and drops the line.
 */
#include "src/base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "echod/clock.h"

enum {
	LINE_MAX_BYTES = 4096 /* log.c's longest text and what is put before it */
};

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,	 [LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static void write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		data += done;
		n -= (size_t)done;
	}
}

/* length is snprintf's answer: what the line wanted, at most what it got. */
static void write_line(int fd, char line[static LINE_MAX_BYTES], int length)
{
	size_t n = length < 0 ? 0 : (size_t)length;

	if (n > LINE_MAX_BYTES - 2)
		n = LINE_MAX_BYTES - 2;
	line[n] = '\n';
	write_all(fd, line, n + 1);
}

/* ---- Standard error ---- */

static const char *stderr_program = LOG_SINK_PROGRAM;
static enum {
	STDERR_UNKNOWN,
	STDERR_PLAIN,
	STDERR_JOURNAL
} stderr_kind;

bool log_stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	uintmax_t device, inode;
	char end;

	if (!stream || sscanf(stream, "%ju:%ju%c", &device, &inode, &end) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static int stderr_open(const char *program, const char *file)
{
	(void)file;
	stderr_program = program;
	stderr_kind = log_stderr_is_journal() ? STDERR_JOURNAL : STDERR_PLAIN;
	return 0;
}

static void stderr_write(enum log_level level, const char *subsystem, const char *text,
			 const struct log_field *fields, size_t n_fields)
{
	char line[LINE_MAX_BYTES];
	int n;

	(void)fields;
	(void)n_fields;
	if (stderr_kind == STDERR_UNKNOWN)
		stderr_open(stderr_program, NULL);
	if (stderr_kind == STDERR_JOURNAL)
		n = snprintf(line, sizeof(line), "<%d>%s: %s", priorities[level], subsystem, text);
	else
		n = snprintf(line, sizeof(line), "%s[%ld]: %s: %s: %s", stderr_program,
			     (long)getpid(), log_level_name(level), subsystem, text);
	write_line(STDERR_FILENO, line, n);
}

static void stderr_close(void)
{
	stderr_kind = STDERR_UNKNOWN;
}

const struct log_sink log_sink_stderr = {
	.open = stderr_open,
	.write = stderr_write,
	.close = stderr_close,
};

/* ---- A file ---- */

static struct {
	int fd; /* -1 while closed */
	char *path;
	const char *program;
} file_sink = { .fd = -1 };

/* O_NONBLOCK: a FIFO without a reader is an error, not a wait. */
static int open_file(const char *path)
{
	int fd =
	    open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);

	return fd < 0 ? -errno : fd;
}

static void file_close(void)
{
	if (file_sink.fd >= 0)
		close(file_sink.fd);
	file_sink.fd = -1;
	free(file_sink.path);
	file_sink.path = NULL;
}

static int file_open(const char *program, const char *file)
{
	char *path = file ? strdup(file) : NULL;
	int fd;

	if (!path)
		return file ? -ENOMEM : -EINVAL;
	fd = open_file(path);
	if (fd < 0) {
		free(path);
		return fd;
	}
	file_close();
	file_sink.fd = fd;
	file_sink.path = path;
	file_sink.program = program;
	return 0;
}

static int file_reopen(void)
{
	int fd = open_file(file_sink.path);

	if (fd < 0)
		return fd;
	close(file_sink.fd);
	file_sink.fd = fd;
	return 0;
}

static void file_write(enum log_level level, const char *subsystem, const char *text,
		       const struct log_field *fields, size_t n_fields)
{
	int64_t now_ms = clock_real_ns() / 1000000;
	time_t seconds = (time_t)(now_ms / 1000);
	char line[LINE_MAX_BYTES], date[64] = "";
	struct tm tm;
	int n;

	(void)fields;
	(void)n_fields;
	if (gmtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	n = snprintf(line, sizeof(line), "%s.%03dZ %s[%ld] %s %s: %s", date, (int)(now_ms % 1000),
		     file_sink.program, (long)getpid(), log_level_name(level), subsystem, text);
	write_line(file_sink.fd, line, n);
}

static int file_fd(void)
{
	return file_sink.fd;
}

const struct log_sink log_sink_file = {
	.open = file_open,
	.write = file_write,
	.reopen = file_reopen,
	.close = file_close,
	.fd = file_fd,
};

/* ---- syslog(3), which hides its descriptor ---- */

static const char *syslog_program = LOG_SINK_PROGRAM;

static int syslog_open(const char *program, const char *file)
{
	(void)file;
	syslog_program = program;
	openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	return 0;
}

static void syslog_write(enum log_level level, const char *subsystem, const char *text,
			 const struct log_field *fields, size_t n_fields)
{
	(void)fields;
	(void)n_fields;
	syslog(priorities[level], "%s: %s", subsystem, text);
}

/* closelog(3) forgets the name too. */
static void syslog_in_child(void)
{
	closelog();
	openlog(syslog_program, LOG_PID, LOG_DAEMON);
}

const struct log_sink log_sink_syslog = {
	.open = syslog_open,
	.write = syslog_write,
	.close = closelog,
	.in_child = syslog_in_child,
};
