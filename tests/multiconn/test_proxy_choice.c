/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/cmocka_all.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/net.h"
#include "multiconn/proxy_choice.h"

static void expect_source(const char *text, enum proxy_version version, const char *source)
{
	struct proxy_choice choice;
	char out[PEER_TEXT_SIZE];

	assert_int_equal(proxy_choice_parse(text, &choice), 0);
	assert_int_equal(choice.version, version);
	assert_true(choice.has_source);
	assert_string_equal(peer_format(&choice.source, out), source);
}

static void test_parse_when_right_then_version_and_source(void **state)
{
	struct proxy_choice choice;

	(void)state;
	assert_int_equal(proxy_choice_parse("v1", &choice), 0);
	assert_int_equal(choice.version, PROXY_V1);
	assert_false(choice.has_source);
	assert_int_equal(proxy_choice_parse("v2", &choice), 0);
	assert_int_equal(choice.version, PROXY_V2);
	expect_source("v1,src=192.0.2.1:1234", PROXY_V1, "192.0.2.1:1234");
	expect_source("v2,src=[2001:db8::1]:65535", PROXY_V2, "[2001:db8::1]:65535");
	expect_source("v2,src=[::ffff:192.0.2.1]:0", PROXY_V2, "[::ffff:192.0.2.1]:0");
}

static void test_parse_when_wrong_then_refused_and_nothing_is_set(void **state)
{
	static const char *const wrong[] = {
		"",
		"v",
		"v3",
		"any",
		"V1",
		"v12",
		"v1,",
		"v1,src",
		"v1,src=",
		"v1,dst=192.0.2.1:1",
		"v1 ,src=192.0.2.1:1",
		"v1,src=192.0.2.1",
		"v1,src=192.0.2.1:",
		"v1,src=192.0.2.1:65536",
		"v1,src=192.0.2.1:x",
		"v1,src=192.0.2.1:1,",
		"v1,src=192.0.2:1",
		"v1,src=:1",
		"v1,src=host:1",
		"v1,src=2001:db8::1:1",
		"v1,src=[192.0.2.1]:1",
		"v1,src=[2001:db8::1]",
		"v1,src=[2001:db8::1]1",
		"v1,src=[2001:db8::1:1",
		"v1,src=[fe80::1%lo]:1",
		"v1,src=[]:1",
		"v1,src=[2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]:1",
	};
	struct proxy_choice choice = { .version = PROXY_V2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		if (proxy_choice_parse(wrong[i], &choice) != -EINVAL)
			fail_msg("taken: %s", wrong[i]);
		assert_int_equal(choice.version, PROXY_V2);
		assert_false(choice.has_source);
	}
}

/* What the choice writes for one end of a Unix socketpair. */
static struct proxy_header header_on_unix(const char *choice_text)
{
	uint8_t bytes[PROXY_WRITTEN_MAX];
	struct proxy_choice choice;
	struct proxy_header h;
	int fds[2], n;

	assert_int_equal(net_socketpair(fds), 0);
	assert_int_equal(proxy_choice_parse(choice_text, &choice), 0);
	n = proxy_choice_write(&choice, fds[0], bytes);
	assert_true(n > 0);
	assert_int_equal(proxy_parse(bytes, (size_t)n, choice.version, &h), n);
	close(fds[0]);
	close(fds[1]);
	return h;
}

static void test_write_when_unix_then_nobody_or_the_source(void **state)
{
	char text[PEER_TEXT_SIZE];
	struct proxy_header h;

	(void)state;
	assert_false(header_on_unix("v1").proxied);
	assert_false(header_on_unix("v2").proxied);
	h = header_on_unix("v1,src=192.0.2.1:7");
	assert_string_equal(peer_format(&h.source, text), "192.0.2.1:7");
	assert_string_equal(peer_format(&h.destination, text), "0.0.0.0:0");
	h = header_on_unix("v2,src=[2001:db8::1]:7");
	assert_string_equal(peer_format(&h.source, text), "[2001:db8::1]:7");
	assert_string_equal(peer_format(&h.destination, text), "[::]:0");
}

static void test_write_when_not_connected_then_its_error(void **state)
{
	const struct proxy_choice choice = { .version = PROXY_V1 };
	CLEANUP_FD int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint8_t bytes[PROXY_WRITTEN_MAX];

	(void)state;
	assert_int_equal(proxy_choice_write(&choice, fd, bytes), -ENOTCONN);
	assert_int_equal(proxy_choice_write(&choice, -1, bytes), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_when_right_then_version_and_source),
		cmocka_unit_test(test_parse_when_wrong_then_refused_and_nothing_is_set),
		cmocka_unit_test(test_write_when_unix_then_nobody_or_the_source),
		cmocka_unit_test(test_write_when_not_connected_then_its_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
