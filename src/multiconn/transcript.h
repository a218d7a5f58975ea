/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * transcript: the lines of the tutorial's client, word for word. id counts connections from 1.
 */
#ifndef MULTICONN_TRANSCRIPT_H
#define MULTICONN_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "echod/buf.h"
#include "echod/net.h"

struct transcript {
	FILE *out; /* borrowed; NULL = quiet */
	bool app;  /* as the tutorial's last client, which has one connection and no numbers */
};

void transcript_starting(const struct transcript *t, size_t id, const struct net_address *address);
void transcript_sending(const struct transcript *t, size_t id, const struct net_address *address,
			const void *data, size_t n);
void transcript_received(const struct transcript *t, size_t id, const void *data, size_t n);
/* What has come of the answer, which may be all of it now; for the last client. */
void transcript_answered(const struct transcript *t, const struct net_address *address,
			 const struct buf *answer);
void transcript_closing(const struct transcript *t, size_t id, const struct net_address *address);

#endif
