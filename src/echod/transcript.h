/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * transcript: --transcript, the tutorial's server in its own words on standard output, line-buffered:
 *
 *     listening on ('127.0.0.1', 65432)
 *     accepted connection from ('127.0.0.1', 61354)
 *     echoing b'Message 1 from client.' to ('127.0.0.1', 61354)
 *     closing connection to ('127.0.0.1', 61354)
 *
 * How segments merge into one line of "echoing" is chance.
 */
#ifndef ECHOD_TRANSCRIPT_H
#define ECHOD_TRANSCRIPT_H

#include "echod/net.h"
#include "src/echod/stream.h"

extern const struct stream_observer transcript_observer;

/* Before anything is printed. */
void transcript_begin(void);
void transcript_listening(const struct net_address *address);

#endif
