/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * transcript.c: the tutorial's lines. A stream that fails is found by its owner at the end.
 */
#include "multiconn/transcript.h"

#include "echod/repr.h"

void transcript_starting(const struct transcript *t, size_t id, const struct net_address *address)
{
	if (!t->out)
		return;
	fprintf(t->out, "starting connection %zu to ", id);
	repr_address(t->out, address);
	fputc('\n', t->out);
}

void transcript_sending(const struct transcript *t, size_t id, const void *data, size_t n)
{
	if (!t->out)
		return;
	fputs("sending ", t->out);
	repr_bytes(t->out, data, n);
	fprintf(t->out, " to connection %zu\n", id);
}

void transcript_received(const struct transcript *t, size_t id, const void *data, size_t n)
{
	if (!t->out)
		return;
	fputs("received ", t->out);
	repr_bytes(t->out, data, n);
	fprintf(t->out, " from connection %zu\n", id);
}

void transcript_closing(const struct transcript *t, size_t id)
{
	if (t->out)
		fprintf(t->out, "closing connection %zu\n", id);
}
