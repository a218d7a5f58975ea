/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * A service that always has more meets a peer that takes everything at once: the kernel's part is
 * played here. A turn still ends.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/chargen.h"
#include "echod/net.h"
#include "tests/echod/pump.h"

enum {
	SENDS_MAX = 1000, /* then it blocks, so that an endless turn fails instead of hanging */
	PATIENCE_MS = 5000
};

static unsigned sends;
static uint64_t taken;

ssize_t __wrap_send(int fd, const void *data, size_t n, int flags);
ssize_t __wrap_send(int fd UNUSED, const void *data, size_t n, int flags UNUSED)
{
	uint8_t expected[CHARGEN_PERIOD];

	if (++sends > SENDS_MAX) {
		errno = EAGAIN;
		return -1;
	}
	chargen_fill(taken, expected, sizeof(expected));
	assert_memory_equal(data, expected, n < sizeof(expected) ? n : sizeof(expected));
	taken += n;
	return (ssize_t)n;
}

static void test_turn_when_the_peer_takes_everything_then_it_ends(void **state)
{
	struct net_address address;
	struct pump pump;
	int fd;

	(void)state;
	pump_configure(&pump);
	pump.config.listeners[0].service = &service_chargen;
	pump_open(&pump);
	assert_int_equal(net_parse("127.0.0.1", pump_port(&pump), &address), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &address.any, address.length), 0);
	for (int i = 0; i < PATIENCE_MS && pump.w.n_conns == 0; i++)
		if (pump_turn(&pump) == 0)
			poll(NULL, 0, 1);
	assert_int_equal(pump.w.n_conns, 1);
	for (int turn = 0; turn < 5; turn++) {
		sends = 0;
		assert_int_equal(pump_turn(&pump), 1);
		assert_in_range(sends, 1, 16);
	}
	assert_int_equal(stats_get(&pump.stats->workers[0].sent_bytes), (int64_t)taken);
	assert_true(stats_get(&pump.stats->workers[0].pending_bytes) <= CONN_AHEAD);
	close(fd);
	pump_close(&pump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turn_when_the_peer_takes_everything_then_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
