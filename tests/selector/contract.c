/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * contract.c: the stage on which each test of the selector's contract suite plays.
 */
#include "tests/selector/contract.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

const char *contract_backend;
struct selector *selector;
int ours, theirs;
int allocations_left = -1;
int wait_error;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_select(int end, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout);
int __wrap_select(int end, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout);

static bool fails(void)
{
	return allocations_left > 0 && --allocations_left == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, n, size);
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	errno = wait_error;
	return wait_error ? -1 : __real_poll(fds, n, timeout_ms);
}

int __wrap_select(int end, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout)
{
	errno = wait_error;
	return wait_error ? -1 : __real_select(end, in, out, err, timeout);
}

int contract_setup(void **state)
{
	(void)state;
	allocations_left = -1;
	assert_int_equal(selector_open(contract_backend, &selector), 0);
	make_pair(&ours, &theirs);
	return 0;
}

int contract_teardown(void **state)
{
	(void)state;
	close(ours);
	close(theirs);
	selector = selector_close(selector);
	assert_null(selector);
	return 0;
}

bool is_select(void)
{
	return strcmp(contract_backend, "select") == 0;
}

void make_pair(int *ret_ours, int *ret_theirs)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	*ret_ours = fds[0];
	*ret_theirs = fds[1];
}

void poke(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

void drain(int fd)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
}

void add(int fd, unsigned events)
{
	assert_int_equal(selector_register(selector, fd, events, NULL), 0);
}

void expect_next(int fd, unsigned mask)
{
	const struct selector_key *key;
	unsigned got;

	if (fd < 0) {
		assert_false(selector_next(selector, &key, &got));
		return;
	}
	assert_true(selector_next(selector, &key, &got));
	assert_int_equal(key->fd, fd);
	assert_int_equal(got, mask);
}

void expect_only(int fd, unsigned mask)
{
	assert_int_equal(selector_select(selector, 0), fd < 0 ? 0 : 1);
	expect_next(fd, mask);
	expect_next(-1, 0);
}
