/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * service_rig: a service, its state and its bytes, for tests that feed it by hand. Static, so that
 * each test is one file.
 */
#ifndef TESTS_SERVICE_RIG_H
#define TESTS_SERVICE_RIG_H

#include "tests/cmocka_all.h"

#include <string.h>

#include "echod/attr.h"
#include "echod/service.h"

struct service_rig {
	const struct service *service;
	struct service_context ctx;
	struct buf out;
	size_t room;	    /* for all that is unsent */
	uint8_t kept[4096]; /* input that it left */
	size_t n_kept;
	uint8_t state[SERVICE_STATE_MAX];
};

static inline struct service_output rig_output(struct service_rig *rig)
{
	return (struct service_output){ &rig->out, rig->room - buf_length(&rig->out) };
}

/* Calls input() with what was kept and these bytes behind it. The verdict. */
static inline int rig_input(struct service_rig *rig, const void *data, size_t n, bool end)
{
	struct service_output out = rig_output(rig);
	struct service_input in = { rig->kept, rig->n_kept + n, end };
	const size_t room = out.room, before = buf_length(&rig->out);
	int verdict;

	assert_true(in.length <= sizeof(rig->kept));
	if (n > 0)
		memcpy(rig->kept + rig->n_kept, data, n);
	verdict = rig->service->input(rig->state, &rig->ctx, &in, &out);
	assert_ptr_equal(in.data + in.length, rig->kept + rig->n_kept + n);
	assert_int_equal(room - out.room, buf_length(&rig->out) - before);
	rig->n_kept = in.length;
	memmove(rig->kept, in.data, in.length);
	return verdict;
}

static inline int rig_opened(struct service_rig *rig)
{
	struct service_output out = rig_output(rig);

	return rig->service->opened(rig->state, &rig->ctx, &out);
}

/* What it has answered is this text. */
static inline void rig_expect(const struct service_rig *rig, const void *data, size_t n)
{
	assert_int_equal(buf_length(&rig->out), n);
	if (n > 0)
		assert_memory_equal(buf_data(&rig->out), data, n);
}

static inline void rig_fini(struct service_rig *rig)
{
	buf_fini(&rig->out);
}

#endif
