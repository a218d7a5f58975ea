/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * transcript.c: the tutorial's lines. A stream that fails is found by its owner at the end.
 */
#include "multiconn/transcript.h"

#include "echod/repr.h"
#include "multiconn/report_answer.h"

/* " to ('127.0.0.1', 65432)", or to which connection; and the line's end. */
static void end_line(const struct transcript *t, const char *word, size_t id,
		     const struct net_address *address)
{
	fputs(word, t->out);
	if (t->app)
		repr_address(t->out, address);
	else
		fprintf(t->out, "connection %zu", id);
	fputc('\n', t->out);
}

void transcript_starting(const struct transcript *t, size_t id, const struct net_address *address)
{
	if (!t->out)
		return;
	if (t->app)
		fputs("starting connection to ", t->out);
	else
		fprintf(t->out, "starting connection %zu to ", id);
	repr_address(t->out, address);
	fputc('\n', t->out);
}

void transcript_sending(const struct transcript *t, size_t id, const struct net_address *address,
			const void *data, size_t n)
{
	if (!t->out)
		return;
	fputs("sending ", t->out);
	repr_bytes(t->out, data, n);
	end_line(t, " to ", id, address);
}

void transcript_received(const struct transcript *t, size_t id, const void *data, size_t n)
{
	if (!t->out || t->app)
		return;
	fputs("received ", t->out);
	repr_bytes(t->out, data, n);
	end_line(t, " from ", id, NULL);
}

void transcript_answered(const struct transcript *t, const struct net_address *address,
			 const struct buf *answer)
{
	if (t->out && t->app)
		report_answer_print(t->out, buf_data(answer), buf_length(answer), address);
}

void transcript_closing(const struct transcript *t, size_t id, const struct net_address *address)
{
	if (t->out)
		end_line(t, t->app ? "closing connection to " : "closing ", id, address);
}
