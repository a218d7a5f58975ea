/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * answer: what the services that answer in one piece have in common.
 */
#ifndef SERVICE_ANSWER_H
#define SERVICE_ANSWER_H

#include "echod/service.h"

/* Appends all of it, if there is room for all. 1 when it was appended, 0 when not, -ENOMEM. */
int answer_whole(struct service_output *out, const void *data, size_t n);
/* The input is used, whatever it was. */
void answer_use_all(struct service_input *in);

#endif
