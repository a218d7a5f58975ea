/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * report.c: failures as they come, folded when they repeat, and the summary.
 */
#include "multiconn/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/repr.h"

enum {
	SAID_MAX = 10,	 /* failures of one kind that get a line each */
	SNIPPET_MAX = 16 /* bytes shown of what was expected and of what came */
};

static size_t snippet(size_t n)
{
	return n < SNIPPET_MAX ? n : SNIPPET_MAX;
}

static const char *plural(size_t n)
{
	return n == 1 ? "datagram" : "datagrams";
}

static void say_missing_datagrams(FILE *err, const struct problem *problem)
{
	fprintf(err, " at datagram %zu: ", problem->datagram);
	if (problem->n_missing > 0)
		fprintf(err, "%zu %s missing", problem->n_missing,
			problem->n_missing == 1 ? "datagram is" : "datagrams are");
	if (problem->n_missing > 0 && problem->n_late > 0)
		fputs(", ", err);
	if (problem->n_late > 0)
		fprintf(err, "%zu %s came late", problem->n_late, plural(problem->n_late));
}

static void say_missing(FILE *err, const struct problem *problem)
{
	if (problem->datagram > 0) {
		say_missing_datagrams(err, problem);
		return;
	}
	fprintf(err, " at offset %zu: ", problem->offset);
	if (problem->wanted)
		fprintf(err, "%s is missing", problem->wanted);
	else if (problem->n_expected == 1)
		fputs("1 byte is missing", err);
	else
		fprintf(err, "%zu bytes are missing", problem->n_expected);
}

static void say_mismatch(FILE *err, const struct problem *problem)
{
	if (problem->datagram > 0)
		fprintf(err, " in datagram %zu", problem->datagram);
	fprintf(err, " at offset %zu: expected ", problem->offset);
	if (problem->wanted)
		fputs(problem->wanted, err);
	else if (problem->n_expected > 0)
		repr_bytes(err, problem->expected, snippet(problem->n_expected));
	else
		fputs("nothing more", err);
	if (!problem->received)
		return;
	fputs(", received ", err);
	repr_bytes(err, problem->received, snippet(problem->n_received));
}

/* The error text, where the fixed word does not say as much. */
static bool error_says_more(int error)
{
	switch (error) {
	case 0:
	case ECONNREFUSED:
	case ECONNRESET:
	case EPIPE:
	case ETIMEDOUT:
		return false;
	default:
		return true;
	}
}

static void say(FILE *err, size_t id, const struct problem *problem)
{
	fprintf(err, "multiconn: connection %zu: %s", id, failure_word(problem->failure));
	if (problem->failure == FAILURE_MISMATCH)
		say_mismatch(err, problem);
	else if (problem->established)
		say_missing(err, problem);
	if (error_says_more(problem->error))
		fprintf(err, ": %s", strerror(problem->error));
	fputc('\n', err);
}

void report_problem(FILE *err, struct tally *tally, size_t id, const struct problem *problem)
{
	if (problem->established)
		tally->lost = true;
	else
		tally->missed = true;
	tally->failed++;
	if (++tally->failures[problem->failure] <= SAID_MAX)
		say(err, id, problem);
}

void report_untried(struct tally *tally, enum failure failure, size_t n)
{
	tally->missed = true;
	tally->failed += n;
	tally->failures[failure] += n;
}

void report_folded(FILE *err, const struct tally *tally)
{
	for (int i = 0; i < FAILURES; i++)
		if (tally->failures[i] > SAID_MAX)
			fprintf(err, "multiconn: %s: %zu connections in all\n", failure_word(i),
				tally->failures[i]);
}

static void print_rate(FILE *out, uint64_t bytes, int64_t duration_ns)
{
	static const char *const units[] = { "B/s", "kB/s", "MB/s", "GB/s" };
	double rate = duration_ns > 0 ? (double)bytes * 1e9 / (double)duration_ns : 0;
	size_t unit = 0;

	while (rate >= 1000 && unit + 1 < ARRAY_LENGTH(units)) {
		rate /= 1000;
		unit++;
	}
	fprintf(out, "%.*f %s", rate < 100 && unit > 0 ? 1 : 0, rate, units[unit]);
}

static void print_verdict(FILE *out, const struct tally *tally)
{
	switch (tally->server) {
	case VERDICT_AGREES:
		fputs("; the server's counts agree", out);
		break;
	case VERDICT_UNREAD:
		fprintf(out,
			"; the server's counts agree, with %" PRIu64
			" bytes that were on their way when we stopped reading",
			tally->unread_bytes);
		break;
	case VERDICT_MORE:
		fputs("; the server counts more", out);
		break;
	case VERDICT_LESS:
		fputs("; the server counts less", out);
		break;
	case VERDICT_NONE:
		break;
	}
}

static void print_datagrams(FILE *out, const struct datagram_tally *d)
{
	if (!d->used)
		return;
	if (d->silent)
		fprintf(out, "; %" PRIu64 " datagrams sent, %" PRIu64 " came back", d->sent,
			d->received);
	else
		fprintf(out,
			"; %" PRIu64 " datagrams sent, %" PRIu64 " answered, %" PRIu64
			" lost, %" PRIu64 " late, %" PRIu64 " duplicated, %" PRIu64 " reordered",
			d->sent, d->answered, d->lost, d->late, d->duplicated, d->reordered);
	if (d->refused > 0)
		fprintf(out, ", %" PRIu64 " refused", d->refused);
	if (d->unfinished > 0)
		fprintf(out, ", %" PRIu64 " unfinished", d->unfinished);
}

/* How far the servers' clocks are ahead of ours. */
static void print_clocks(FILE *out, const struct clock_tally *clocks)
{
	if (clocks->n == 0)
		return;
	fprintf(out, "; time differs by %+" PRId64, clocks->least_s);
	if (clocks->most_s != clocks->least_s)
		fprintf(out, " to %+" PRId64, clocks->most_s);
	fputs(" s", out);
}

void report_summary(FILE *out, const struct tally *tally)
{
	size_t unfinished = tally->asked - tally->verified - tally->failed;

	if (tally->interrupted)
		fputs("interrupted: ", out);
	fprintf(out, "%zu connections asked, %zu verified, %zu failed", tally->asked,
		tally->verified, tally->failed);
	if (unfinished > 0)
		fprintf(out, ", %zu unfinished", unfinished);
	fprintf(out, "; %" PRIu64 " bytes sent, %" PRIu64 " verified in %.3f s, ",
		tally->sent_bytes, tally->verified_bytes, (double)tally->duration_ns / 1e9);
	print_rate(out, tally->verified_bytes, tally->duration_ns);
	print_datagrams(out, &tally->datagrams);
	print_clocks(out, &tally->clocks);
	print_verdict(out, tally);
	fputc('\n', out);
}

int report_exit_code(const struct tally *tally)
{
	if (tally->interrupted)
		return EXIT_INTERRUPTED;
	if (tally->lost || tally->server == VERDICT_LESS)
		return EXIT_WRONG;
	if (tally->missed)
		return EXIT_FEWER;
	return tally->run_time_error ? EXIT_RUN_TIME : EXIT_VERIFIED;
}
