/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log.c: the way of a line: level, format, escape, fold, sink. One state per process; a line
 * reaches the sink finished, or counted in "repeats" and told later, never neither.
 */
#include "echod/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "echod/clock.h"
#include "src/base/log_sink.h"
#include "src/base/log_text.h"

enum {
	TEXT_MAX = 2048, /* bytes of an escaped line */
	FIELD_MAX = 512, /* bytes of an escaped field */
	FIELDS_MAX = 16, /* more are not passed on */
	SUBSYSTEM_MAX = 32,
	FOLD_MS = 5000 /* a repeat this long after the last written line is news again */
};

static const struct log_sink *sink = &log_sink_stderr;
static enum log_level max_level = LOG_LEVEL_INFO;

/* The line written last, and how often it came again since. */
static struct {
	enum log_level level;
	char subsystem[SUBSYSTEM_MAX];
	char text[TEXT_MAX];
	int64_t written_ms;
	uint64_t repeats;
} last;

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
};

static const struct log_sink *sink_of(const struct log_settings *settings)
{
	switch (settings->target) {
	case LOG_TARGET_SYSLOG:
		return &log_sink_syslog;
	case LOG_TARGET_JOURNAL:
		return settings->journal;
	case LOG_TARGET_FILE:
		return &log_sink_file;
	case LOG_TARGET_STDERR:
	default:
		return &log_sink_stderr;
	}
}

int log_open(const struct log_settings *settings)
{
	const struct log_sink *wanted = sink_of(settings);
	int r;

	if (!wanted)
		return -EOPNOTSUPP;
	log_flush();
	r = wanted->open(settings->program, settings->file);
	if (r < 0)
		return r;
	if (sink != wanted)
		sink->close();
	sink = wanted;
	max_level = settings->level;
	return 0;
}

void log_close(void)
{
	log_flush();
	sink->close();
	sink = &log_sink_stderr;
}

int log_reopen(void)
{
	return sink->reopen ? sink->reopen() : 0;
}

int log_fd(void)
{
	return sink->fd ? sink->fd() : -1;
}

void log_in_child(void)
{
	last.repeats = 0; /* the parent's to tell */
	if (sink->in_child)
		sink->in_child();
}

void log_set_level(enum log_level level)
{
	max_level = level;
}

enum log_level log_get_level(void)
{
	return max_level;
}

bool log_wants(enum log_level level)
{
	return level <= max_level;
}

int log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_LENGTH(level_names); i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return (size_t)level < ARRAY_LENGTH(level_names) ? level_names[level] : "unknown";
}

void log_flush(void)
{
	int saved_errno = errno;
	char text[64];

	if (last.repeats == 1) {
		sink->write(last.level, last.subsystem, last.text, NULL, 0);
	} else if (last.repeats > 1) {
		snprintf(text, sizeof(text), "last message repeated %llu times",
			 (unsigned long long)last.repeats);
		sink->write(last.level, last.subsystem, text, NULL, 0);
	}
	last.repeats = 0;
	errno = saved_errno;
}

int64_t log_deadline_ms(void)
{
	return last.repeats ? last.written_ms + FOLD_MS : INT64_MAX;
}

void log_expire(int64_t now_ms)
{
	if (log_deadline_ms() <= now_ms)
		log_flush();
}

/* True when the line is the last one again and was counted instead of written. */
static bool fold(enum log_level level, const char *subsystem, const char *text)
{
	int64_t now_ms = clock_now_ms();

	if (level == last.level && strcmp(text, last.text) == 0 &&
	    strcmp(subsystem, last.subsystem) == 0 && now_ms - last.written_ms < FOLD_MS) {
		last.repeats++;
		return true;
	}
	log_flush();
	last.level = level;
	last.written_ms = now_ms;
	memcpy(last.subsystem, subsystem, SUBSYSTEM_MAX);
	memcpy(last.text, text, TEXT_MAX);
	return false;
}

static void write_fields(enum log_level level, const struct log_field *fields, size_t n_fields)
{
	char values[FIELDS_MAX][FIELD_MAX];
	struct log_field safe[FIELDS_MAX];

	if (n_fields > FIELDS_MAX)
		n_fields = FIELDS_MAX;
	for (size_t i = 0; i < n_fields; i++) {
		log_text_escape(values[i], FIELD_MAX, fields[i].value);
		safe[i] = (struct log_field){ .name = fields[i].name, .value = values[i] };
	}
	sink->write(level, last.subsystem, last.text, safe, n_fields);
}

static void format_line(enum log_level level, const char *subsystem, const struct log_field *fields,
			size_t n_fields, const char *suffix, const char *format, va_list arguments)
    PRINTF_LIKE(6, 0);

/* Every line goes through here; its level was asked already. The suffix is our own text: what is
 * before it is cut to make room. raw is longer than text, so that what is cut anywhere ends in
 * "...". */
static void format_line(enum log_level level, const char *subsystem, const struct log_field *fields,
			size_t n_fields, const char *suffix, const char *format, va_list arguments)
{
	char raw[TEXT_MAX + 8], text[TEXT_MAX] = { 0 }, name[SUBSYSTEM_MAX] = { 0 };
	int saved_errno = errno;

	if (vsnprintf(raw, sizeof(raw), format, arguments) < 0)
		raw[0] = '\0';
	log_text_escape(text, sizeof(text) - strlen(suffix), raw);
	memcpy(text + strlen(text), suffix, strlen(suffix) + 1);
	log_text_escape(name, sizeof(name), subsystem);
	if (!fold(level, name, text))
		write_fields(level, fields, n_fields);
	errno = saved_errno;
}

void log_message(enum log_level level, const char *subsystem, const char *format, ...)
{
	va_list arguments;

	if (!log_wants(level))
		return;
	va_start(arguments, format);
	format_line(level, subsystem, NULL, 0, "", format, arguments);
	va_end(arguments);
}

void log_fields(enum log_level level, const char *subsystem, const struct log_field *fields,
		size_t n_fields, const char *format, ...)
{
	va_list arguments;

	if (!log_wants(level))
		return;
	va_start(arguments, format);
	format_line(level, subsystem, fields, n_fields, "", format, arguments);
	va_end(arguments);
}

void log_limited(struct log_limit *limit, enum log_level level, const char *subsystem,
		 const char *format, ...)
{
	int64_t now_ms = clock_now_ms();
	char suffix[64] = "";
	va_list arguments;

	if (!log_wants(level))
		return;
	if (now_ms < limit->next_ms) {
		limit->suppressed++;
		return;
	}
	if (limit->suppressed)
		snprintf(suffix, sizeof(suffix), " (%llu more like this were not logged)",
			 (unsigned long long)limit->suppressed);
	limit->suppressed = 0;
	limit->next_ms = now_ms + limit->interval_ms;
	va_start(arguments, format);
	format_line(level, subsystem, NULL, 0, suffix, format, arguments);
	va_end(arguments);
}
