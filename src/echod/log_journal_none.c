/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_journal_none.c: log_journal.h in a build without libsystemd.
 */
#include "src/echod/log_journal.h"

#include <stddef.h>

const struct log_sink *log_journal(void)
{
	return NULL;
}
