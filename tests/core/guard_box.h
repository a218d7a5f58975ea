/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * guard_box.h: a guard with its memory, its rules and what it says, for the tests of guard.h.
 */
#ifndef TESTS_CORE_GUARD_BOX_H
#define TESTS_CORE_GUARD_BOX_H

#include "tests/cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/guard_tables.h"
#include "echod/attr.h"
#include "echod/guard.h"

#define SECOND_NS INT64_C(1000000000)

struct box {
	struct guard *guard;
	size_t size;
	struct guard_daemon daemon;
	struct guard_listener listener;
	struct guard_moment moment;
	struct guard_ticket ticket; /* of the last admission */
	enum reject_reason reason;  /* of the last refusal */
};

static const uint8_t box_key[GUARD_KEY_BYTES] = { 0, 1, 2,  3,	4,  5,	6,  7,
						  8, 9, 10, 11, 12, 13, 14, 15 };

/* Shared with forked children; everything is off. */
static inline struct box box_new(unsigned workers, size_t connections)
{
	struct box box = {
		.size = guard_memory_size(workers, connections),
		.daemon = { .source_prefix_ipv4 = 32, .source_prefix_ipv6 = 56 },
		.reason = REJECT_REASONS,
	};
	void *memory =
	    mmap(NULL, box.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	box.guard = guard_init(memory, workers, connections, box_key);
	return box;
}

static inline void box_free(struct box *box)
{
	assert_int_equal(munmap(box->guard, box->size), 0);
}

static inline bool box_admit(struct box *box, unsigned worker, const struct peer *peer)
{
	return guard_admit(box->guard, worker, &box->daemon, &box->listener, peer, &box->moment,
			   &box->ticket, &box->reason);
}

static inline int64_t box_count(const struct box *box, uint32_t key, const struct peer *peer)
{
	return guard_source_count(box->guard, &box->daemon, key, peer);
}

#define assert_admitted(box, worker, peer) assert_true(box_admit((box), (worker), (peer)))
#define assert_refused(box, worker, peer, why)                    \
	do {                                                      \
		assert_false(box_admit((box), (worker), (peer))); \
		assert_int_equal((box)->reason, (why));           \
	} while (0)

/* 10.x.y.z from its last 24 bits. */
static inline struct peer box_ipv4(uint32_t host)
{
	return (struct peer){
		.family = PEER_IPV4,
		.port = 1234,
		.address = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host },
	};
}

/* 2001:db8:subnet::host */
static inline struct peer box_ipv6(uint16_t subnet, uint8_t host)
{
	return (struct peer){
		.family = PEER_IPV6,
		.port = 1234,
		.address = { 0x20, 1, 0xd, 0xb8, (uint8_t)(subnet >> 8),
			     (uint8_t)subnet, [15] = host },
	};
}

static inline struct peer box_mapped(uint32_t host)
{
	return (struct peer){
		.family = PEER_IPV6,
		.address = { [10] = 0xff,
			     [11] = 0xff,
			     [12] = 10,
			     [13] = (uint8_t)(host >> 16),
			     [14] = (uint8_t)(host >> 8),
			     [15] = (uint8_t)host },
	};
}

#endif
