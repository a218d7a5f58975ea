/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * why.c: a text that always ends in a NUL.
 */
#include "src/echod/why.h"

#include <stdarg.h>
#include <stdio.h>

int why_set(struct why *why, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(why->text, sizeof(why->text), format, arguments) < 0)
		why->text[0] = '\0';
	va_end(arguments);
	return error;
}
