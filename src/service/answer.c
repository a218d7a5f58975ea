/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * answer.c: see answer.h.
 */
#include "answer.h"

int answer_whole(struct service_output *out, const void *data, size_t n)
{
	int error;

	if (out->room < n)
		return 0;
	error = buf_append(out->bytes, data, n);
	if (error)
		return error;
	out->room -= n;
	return 1;
}

void answer_use_all(struct service_input *in)
{
	in->data += in->length;
	in->length = 0;
}
