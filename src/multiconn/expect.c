/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * expect.c: see expect.h; that of message and reflect is in report_answer.c, which knows JSON.
 */
#include "multiconn/expect.h"

#include <string.h>

#include "echod/attr.h"
#include "echod/chargen.h"
#include "echod/clock.h"
#include "multiconn/report_answer.h"

enum {
	LINE_MAX_BYTES = 512, /* of daytime */
	TIME_BYTES = 4,
	DAYTIME_DATAGRAM = 64,
	CHARGEN_DATAGRAM = 512, /* also the most that RFC 864 lets an answer have */
	REFLECT_DATAGRAM = 1024,
	CLOCK_MAX_S = 3600 /* a clock that is further off is no answer */
};

#define SECONDS_1900_TO_1970 INT64_C(2208988800)

/* ---- Without an end ---- */

static enum expect_verdict follow_discard(uint64_t offset UNUSED, const uint8_t *data UNUSED,
					  size_t n UNUSED, struct expect_finding *ret_finding)
{
	*ret_finding = (struct expect_finding){ .wanted = "nothing at all" };
	return EXPECT_WRONG;
}

static enum expect_verdict follow_chargen(uint64_t offset, const uint8_t *data, size_t n,
					  struct expect_finding *ret_finding)
{
	uint8_t expected[4096];

	*ret_finding = (struct expect_finding){ .wanted = "the pattern of RFC 864" };
	while (ret_finding->right < n) {
		const size_t left = n - ret_finding->right;
		const size_t part = left < sizeof(expected) ? left : sizeof(expected);

		chargen_fill(offset + ret_finding->right, expected, part);
		for (size_t i = 0; i < part; i++, ret_finding->right++)
			if (data[ret_finding->right] != expected[i])
				return EXPECT_WRONG;
	}
	return offset + n >= CHARGEN_PERIOD ? EXPECT_DONE : EXPECT_MORE;
}

/* ---- Whole answers ---- */

static bool is_printable(uint8_t byte)
{
	return (byte >= ' ' && byte <= '~') || byte == '\r' || byte == '\n';
}

/* Any text will do (RFC 867 prescribes none), but it is short and its last line ends. The line with
 * which a proxy begins is such a text, too: who sends that back is an echo. */
static enum expect_verdict judge_daytime(struct expect *e UNUSED, const uint8_t *answer, size_t n,
					 struct expect_finding *ret_finding)
{
	static const char header[] = "PROXY ";

	*ret_finding = (struct expect_finding){ .wanted = "a date and time" };
	if (n >= sizeof(header) - 1 && memcmp(answer, header, sizeof(header) - 1) == 0)
		return EXPECT_WRONG;
	*ret_finding = (struct expect_finding){ .wanted = "a printable character or a line's end" };
	for (; ret_finding->right < n; ret_finding->right++)
		if (!is_printable(answer[ret_finding->right]))
			return EXPECT_WRONG;
	if (n > LINE_MAX_BYTES) {
		*ret_finding = (struct expect_finding){ LINE_MAX_BYTES, "the line's end before" };
		return EXPECT_WRONG;
	}
	return n > 2 && memcmp(answer + n - 2, "\r\n", 2) == 0 ? EXPECT_DONE : EXPECT_MORE;
}

static void note_clock(struct expect *e, int64_t ahead_s)
{
	if (e->n_clocks == 0 || ahead_s < e->clock_least_s)
		e->clock_least_s = ahead_s;
	if (e->n_clocks == 0 || ahead_s > e->clock_most_s)
		e->clock_most_s = ahead_s;
	e->n_clocks++;
}

/* The number wraps; what differs by less than half of all numbers is near. */
static int64_t clock_ahead_s(const uint8_t answer[static TIME_BYTES])
{
	const uint32_t theirs = (uint32_t)answer[0] << 24 | (uint32_t)answer[1] << 16 |
				(uint32_t)answer[2] << 8 | answer[3];
	const uint32_t ours = (uint32_t)(uint64_t)(clock_real_s() + SECONDS_1900_TO_1970);
	const uint32_t ahead = theirs - ours;

	return ahead < UINT32_C(1) << 31 ? (int64_t)ahead : (int64_t)ahead - (INT64_C(1) << 32);
}

static enum expect_verdict judge_time(struct expect *e, const uint8_t *answer, size_t n,
				      struct expect_finding *ret_finding)
{
	int64_t ahead_s;

	*ret_finding = (struct expect_finding){ .right = TIME_BYTES, .wanted = "nothing more" };
	if (n < TIME_BYTES)
		return EXPECT_MORE;
	if (n > TIME_BYTES)
		return EXPECT_WRONG;
	ahead_s = clock_ahead_s(answer);
	note_clock(e, ahead_s);
	if (ahead_s <= CLOCK_MAX_S && ahead_s >= -CLOCK_MAX_S)
		return EXPECT_DONE;
	*ret_finding = (struct expect_finding){ .wanted = "a time within an hour of ours" };
	return EXPECT_WRONG;
}

/* ---- The table ---- */

static const struct expect_service services[] = {
	{ .name = "discard", .is_silent = true, .follow = follow_discard },
	{ .name = "chargen",
	  .request = "",
	  .datagram_bytes = CHARGEN_DATAGRAM,
	  .follow = follow_chargen },
	{ .name = "daytime",
	  .request = "",
	  .datagram_bytes = DAYTIME_DATAGRAM,
	  .judge = judge_daytime },
	{ .name = "time", .request = "", .datagram_bytes = TIME_BYTES, .judge = judge_time },
	{ .name = "message", .only_streams = true, .judge = report_answer_judge_message },
	{ .name = "reflect",
	  .request = "reflect\n",
	  .datagram_bytes = REFLECT_DATAGRAM,
	  .judge = report_answer_judge_reflect },
};

static const char *const names[] = {
	"echo", "discard", "chargen", "daytime", "time", "message", "reflect", NULL,
};
_Static_assert(ARRAY_LENGTH(names) == ARRAY_LENGTH(services) + 2, "echo, and each of the table");

const struct expect_service *expect_service_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	return NULL;
}

const char *const *expect_service_names(void)
{
	return names;
}

bool expect_is_silent(const struct expect *e)
{
	return e && e->service->is_silent;
}

/* What has no end may be cut anywhere, but not be longer than a datagram of it. */
static enum expect_verdict follow_datagram(const struct expect_service *service,
					   const uint8_t *data, size_t n,
					   struct expect_finding *ret_finding)
{
	if (service->follow(0, data, n, ret_finding) == EXPECT_WRONG)
		return EXPECT_WRONG;
	if (n <= service->datagram_bytes)
		return EXPECT_DONE;
	*ret_finding = (struct expect_finding){ service->datagram_bytes, "nothing more" };
	return EXPECT_WRONG;
}

enum expect_verdict expect_judge_datagram(struct expect *e, const uint8_t *data, size_t n,
					  struct expect_finding *ret_finding)
{
	enum expect_verdict verdict;

	if (!e->service->judge)
		return follow_datagram(e->service, data, n, ret_finding);
	verdict = e->service->judge(e, data, n, ret_finding);
	if (verdict != EXPECT_MORE)
		return verdict;
	*ret_finding = (struct expect_finding){ n, "the rest of the answer" };
	return EXPECT_WRONG;
}

void expect_fini(struct expect *e)
{
	buf_fini(&e->first);
}
