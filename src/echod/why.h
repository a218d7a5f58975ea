/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * why: the reason of a failed start in words, beside the -errno that says it to the machine. The
 * caller owns the storage and prints it; nobody here does.
 */
#ifndef ECHOD_WHY_H
#define ECHOD_WHY_H

#include "echod/attr.h"

struct why {
	char text[512]; /* no line feed; cut when longer */
};

/* Sets the text and returns error (a negative errno), so that a failure is one return statement. */
int why_set(struct why *why, int error, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
