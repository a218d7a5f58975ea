/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_journal: the journal as a sink of log.h, with structured fields.
 */
#ifndef ECHOD_LOG_JOURNAL_H
#define ECHOD_LOG_JOURNAL_H

#include "echod/log.h"

/* For log_settings.journal: the sink, or NULL when this build has none. */
const struct log_sink *log_journal(void);

#endif
