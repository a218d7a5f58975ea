/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_play: plays a script of what may happen to a connection against conn, the way the owner of a
 * descriptor does, and checks after every step what must always hold. The random test and the fuzz
 * target differ only in where their scripts come from.
 */
#ifndef TESTS_CONN_PLAY_H
#define TESTS_CONN_PLAY_H

#include <stddef.h>
#include <stdint.h>

/* The script is any bytes. The first four choose the service, max_pending, the loan's size and the
 * timers; then pairs of a verb and a number, each followed by one turn of the owner:
 *
 *     r N  the peer sends N bytes           s N  the peer takes N bytes
 *     E .  the peer ends its side           X .  the connection is reset
 *     p N  reading is paused (odd N) or not e .  conn_end()         a .  conn_abort()
 *     w N  N * 10 ms pass                   d .  the next deadline passes
 *     t N  N % 16 more turns                else one of r, s, t
 *
 * Numbers: '0' to '9' are themselves, 'a' to 'z' 16, 32, ... 416, any other byte itself times 37.
 * After the script the peer ends its side and takes all that it is owed.
 *
 * A breach prints the script and aborts. Returns the number of turns. */
size_t conn_play(const uint8_t *script, size_t length);

#endif
