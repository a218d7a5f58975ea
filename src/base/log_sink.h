/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_sink: the sinks that every build has. log.c alone includes this.
 */
#ifndef BASE_LOG_SINK_H
#define BASE_LOG_SINK_H

#include "echod/log.h"

extern const struct log_sink log_sink_stderr;
extern const struct log_sink log_sink_file;
extern const struct log_sink log_sink_syslog;

/* Before any sink was opened: the name that lines on standard error begin with. */
#define LOG_SINK_PROGRAM "echod"

#endif
