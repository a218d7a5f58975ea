/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * report_answer: answers that hold JSON: whether they are right, and how Python would show them.
 */
#ifndef MULTICONN_REPORT_ANSWER_H
#define MULTICONN_REPORT_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "echod/net.h"
#include "multiconn/expect.h"

/* One framed message with a result, or the first bytes of what was asked. */
enum expect_verdict report_answer_judge_message(struct expect *e, const uint8_t *answer, size_t n,
						struct expect_finding *ret_finding);
/* One line with a JSON object. */
enum expect_verdict report_answer_judge_reflect(struct expect *e, const uint8_t *answer, size_t n,
						struct expect_finding *ret_finding);

/* The lines of the tutorial's client for an answer: "received response ...", and "got result: ..." or
 * "got response: ...". Nothing when it is not a whole message. */
void report_answer_print(FILE *out, const uint8_t *answer, size_t n,
			 const struct net_address *address);

#endif
