/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log: levelled lines with a subsystem, for the programs' edge. Libraries (base, selector, service,
 * core, control) return errors instead of calling this.
 *
 * Every line goes through one place that escapes control and non-UTF-8 bytes, folds repeats of the
 * same line into "last message repeated N times", and hands the result to one sink. Until log_open()
 * lines go to standard error. A process that forks goes on with the same sink. errno survives.
 *
 *   standard error  echod[123]: warning: master: worker 2 died      <4>master: ... under the journal
 *   file            2026-01-31T23:59:59.123Z echod[123] warning master: worker 2 died
 *   syslog, journal master: worker 2 died                           with level, program and number
 */
#ifndef ECHOD_LOG_H
#define ECHOD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "echod/attr.h"

/* Least to most talkative. */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

enum log_target {
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL,
	LOG_TARGET_FILE
};

/* A structured field for sinks that have them (journal); ignored by the others. */
struct log_field {
	const char *name; /* upper case, e.g. "ECHOD_LISTENER" */
	const char *value;
};

/* One sink: called with a finished, escaped line without a line feed. */
struct log_sink {
	int (*open)(const char *program, const char *file);
	void (*write)(enum log_level level, const char *subsystem, const char *text,
		      const struct log_field *fields, size_t n_fields);
	int (*reopen)(void); /* NULL: nothing to reopen */
	void (*close)(void);
	int (*fd)(void);	/* the descriptor a child must keep, or -1; NULL: none */
	void (*in_child)(void); /* log_in_child(); NULL: nothing to do */
};

struct log_settings {
	const char *program; /* borrowed for the life of the process */
	enum log_target target;
	const char *file;		/* with LOG_TARGET_FILE: absolute path; copied */
	enum log_level level;		/* lines above it are not written */
	const struct log_sink *journal; /* the journal's sink, or NULL when not built in */
};

/* Switches to this sink. On -errno the sink so far stays. */
int log_open(const struct log_settings *settings);
void log_close(void);
/* After a rotation: opens the file again under its name. 0 or -errno with the old one kept. */
int log_reopen(void);

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
bool log_wants(enum log_level level);
/* The sink's descriptor above 2, for a keep list; -1 when there is none. */
int log_fd(void);
/* In a child, before it closes all descriptors but its keep list: a sink that cannot name its
 * descriptor (syslog) lets go of it and opens another with the next line. */
void log_in_child(void);
/* True when standard error leads to the journal ($JOURNAL_STREAM): log.to = "auto" asks. */
bool log_stderr_is_journal(void);
/* Writes a pending "repeated N times" line now. Called at the end. */
void log_flush(void);
/* When such a line is due, so that a flood that has ended is told of; INT64_MAX while none pends. */
int64_t log_deadline_ms(void);
/* Writes it if it is due. */
void log_expire(int64_t now_ms);

/* "error" "warning" "notice" "info" "debug"; -EINVAL for another word. */
int log_level_parse(const char *text, enum log_level *ret_level);
const char *log_level_name(enum log_level level);

/* The subsystem names the module that speaks: "master", "worker", "config". */
void log_message(enum log_level level, const char *subsystem, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The same with structured fields for the journal. */
void log_fields(enum log_level level, const char *subsystem, const struct log_field *fields,
		size_t n_fields, const char *format, ...) PRINTF_LIKE(5, 6);

/* One kind of line that a peer could cause without end. Zeroed but for interval_ms; static at the
 * place that logs it, so that the place is the key. */
struct log_limit {
	int64_t interval_ms;
	int64_t next_ms;     /* when the next line may be written */
	uint64_t suppressed; /* since the last written one */
};

/* At most one line per interval; the next one written says how many were not. */
void log_limited(struct log_limit *limit, enum log_level level, const char *subsystem,
		 const char *format, ...) PRINTF_LIKE(4, 5);

#define log_error(...)	 log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_message(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	 log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
