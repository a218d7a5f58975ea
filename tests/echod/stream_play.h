/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_play: a worker's pump with up to four connections at once, played at random against a
 * model. The peers and the kernel's queues are the test's; the pump, conn, the timers, the guard and
 * the selector are those that ship.
 *
 * At every call that the pump makes, and after every step, what must hold is checked: each byte and
 * its place, never more unsent than max-pending, the selector waits for just what is wanted, no
 * passed deadline is left, every counter is the sum of what happened, and each connection is closed
 * for a reason that there was.
 */
#ifndef TESTS_ECHOD_STREAM_PLAY_H
#define TESTS_ECHOD_STREAM_PLAY_H

#include <stddef.h>
#include <stdint.h>

/* One play. A breach says what, and the seed that replays it, and aborts. Returns the number of
 * connections. */
size_t stream_play(uint64_t seed);

#endif
