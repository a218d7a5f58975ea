/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * conn_expect.c: the services of conn_services.h and echo as functions from all that came to all that
 * must go, each byte by itself.
 */
#include "tests/core/conn_expect.h"

#include "tests/core/conn_services.h"

uint8_t expect_peer_byte(size_t position)
{
	return (uint8_t)(position * 7 + position / 251 + 5);
}

/* Where in the first n of the peer's bytes this one comes first; n when it does not. */
static size_t position_of(uint8_t byte, size_t n)
{
	size_t i = 0;

	while (i < n && expect_peer_byte(i) != byte)
		i++;
	return i;
}

uint8_t expect_byte(const struct service *service, size_t in_length, size_t i)
{
	if (service == &service_double)
		return expect_peer_byte(i / 2);
	if (service == &service_stream)
		return stream_byte(i);
	if (service == &service_greet)
		return (uint8_t) "hi\n"[i];
	if (service == &service_units)
		return i < in_length / 4 * 4 ? expect_peer_byte(i - i % 4 + 3 - i % 4) : '!';
	return expect_peer_byte(i);
}

size_t expect_length(const struct service *service, size_t in_length)
{
	size_t n = in_length, end;

	if (service == &service_double)
		return 2 * n;
	if (service == &service_stream)
		return SIZE_MAX;
	if (service == &service_greet)
		return 3;
	if (service == &service_units)
		return n / 4 * 4 + (n % 4 > 0);
	if (service == &service_line) {
		end = position_of('\n', n);
		return end < n ? end + 1 : n;
	}
	return service == &service_picky ? position_of('x', n) : n;
}
