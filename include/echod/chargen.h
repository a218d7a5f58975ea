/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * chargen: the rotating pattern of RFC 864, for who makes it and who verifies it. Lines of 72 of the
 * 95 printable characters of ASCII and CR LF; each line starts one character later than the one
 * before, and after 95 of them it all comes again.
 */
#ifndef ECHOD_CHARGEN_H
#define ECHOD_CHARGEN_H

#include <stddef.h>
#include <stdint.h>

enum {
	CHARGEN_PERIOD = 95 * 74 /* bytes after which the pattern repeats */
};

/* Writes n bytes of the pattern, from this offset of the stream on. */
void chargen_fill(uint64_t offset, uint8_t *bytes, size_t n);

#endif
