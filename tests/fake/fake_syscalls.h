/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * fake_syscalls: answers in the kernel's and the allocator's stead, for the tests. A program that is
 * linked with $(FAKE_WRAP) and the files of $(FAKE_SOURCES) makes every call of enum fake_call from
 * its own objects and archives here first; calls inside shared libraries are not seen.
 *
 *   scripts   "the 2nd sendmsg fails with EPIPE", "each recv gives one byte at most"
 *   points    every call that can fail is a point, in the order of the run: fail the 1st, then in
 *             another run the 2nd, ... until a run is over before its turn comes
 *
 * Until fake_reset() everything passes. The state is shared with forked children: they go on
 * counting the same calls. Calls made while suspended pass and are not counted.
 */
#ifndef TESTS_FAKE_SYSCALLS_H
#define TESTS_FAKE_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum fake_call {
	FAKE_ACCEPT,
	FAKE_ACCEPT4,
	FAKE_ASPRINTF, /* vasprintf too */
	FAKE_BIND,
	FAKE_CALLOC,
	FAKE_CLOSE, /* the real one is made all the same */
	FAKE_CLOSE_RANGE,
	FAKE_CONNECT,
	FAKE_EPOLL_CREATE1,
	FAKE_EPOLL_CTL,
	FAKE_EPOLL_WAIT,
	FAKE_FCNTL,
	FAKE_FLOCK,
	FAKE_FORK,
	FAKE_FSTAT,
	FAKE_FTRUNCATE,
	FAKE_GETENTROPY,
	FAKE_GETSOCKNAME,
	FAKE_GETSOCKOPT,
	FAKE_LISTEN,
	FAKE_LSTAT,
	FAKE_MALLOC,
	FAKE_MKDIR,
	FAKE_MMAP,
	FAKE_OPEN,
	FAKE_OPEN_MEMSTREAM,
	FAKE_PIPE, /* pipe2 too */
	FAKE_POLL,
	FAKE_PRCTL,
	FAKE_PREAD,
	FAKE_PWRITE,
	FAKE_READ,
	FAKE_REALLOC,
	FAKE_REALLOCARRAY,
	FAKE_RECV,
	FAKE_RECVFROM,
	FAKE_RECVMMSG,
	FAKE_RECVMSG,
	FAKE_SELECT,
	FAKE_SEND,
	FAKE_SENDMMSG,
	FAKE_SENDMSG,
	FAKE_SENDTO,
	FAKE_SETRLIMIT,
	FAKE_SETSOCKOPT,
	FAKE_SHUTDOWN,
	FAKE_SIGNALFD,
	FAKE_SOCKET,
	FAKE_SOCKETPAIR,
	FAKE_STAT,
	FAKE_STRDUP, /* strndup too */
	FAKE_UNLINK,
	FAKE_WAITPID,
	FAKE_WRITE,
	FAKE_WRITE_PIPE, /* write to a pipe, which only waits or is interrupted */
	FAKE_CALLS
};

/* The call's name as in its man page. */
const char *fake_name(enum fake_call call);

/* Forgets counts, scripts and points: everything passes and is counted from 0. */
void fake_reset(void);
/* In this process: calls pass uncounted until it was called with false as often as with true. */
void fake_suspend(bool more);
/* How often this call was made since fake_reset(), refused ones included. */
unsigned long fake_count(enum fake_call call);

/* ---- Scripts; nth counts from 1 at fake_reset(). At most 32 at a time. ---- */

/* The nth call fails with this errno value, without the real one being made. Only an interrupted
 * connect (EINTR) is made, but for Unix sockets: a real one goes on too. */
void fake_fail(enum fake_call call, unsigned long nth, int error);
/* The nth and every later one do. */
void fake_fail_from(enum fake_call call, unsigned long nth, int error);
/* The nth call, of those that move bytes, is made with `most` bytes at most. */
void fake_short(enum fake_call call, unsigned long nth, size_t most);
void fake_short_from(enum fake_call call, unsigned long nth, size_t most);
/* How many answers were given by scripts: a test that injected nothing proves nothing. */
unsigned long fake_answered(void);

/* ---- Points ---- */

enum fake_mode {
	FAKE_ERROR,	/* fails with the error that is usual for the call */
	FAKE_INTERRUPT, /* fails with EINTR, where that can be: nobody may notice */
	FAKE_PIECE	/* moves one byte only, where bytes are moved: nobody may notice */
};

/* From here the kth call (from 1) that the mode can act on is a failure, all others pass. */
void fake_point(enum fake_mode mode, unsigned long kth);
/* After it: only what this process's nth child (from 1; 0 = any) does is a point, or with depth 2 the
 * nth child of any child, ...; depth 0 is this process alone. */
void fake_point_in(unsigned depth, unsigned nth);
/* Which call was hit, or NULL when so many were not made (yet). */
const char *fake_hit(void);

/* Runs it again and again, failing the 1st, 2nd, ... nth point in turn, until a run has none left;
 * after each no descriptor may be left open. The run that is not hit comes last. Says on standard
 * error how many points were covered, and returns that. For cmocka tests. */
unsigned long fake_each_point(enum fake_mode mode, const char *what, void (*run)(void *data),
			      void *data);
/* From here only the 1st point and each nth after it is failed; returned is the number of the last
 * one. */
void fake_each_nth(unsigned long n);

/* ---- A socket whose kernel is the test ---- */

/* What recv, send, shutdown and close of a descriptor do in the kernel's stead; the result as theirs,
 * but -errno on failure. Before them come scripts and points. close is made besides. */
struct fake_socket {
	ssize_t (*recv)(void *user, uint8_t *data, size_t n);
	ssize_t (*send)(void *user, const uint8_t *data, size_t n);
	int (*shutdown)(void *user);
	void (*close)(void *user);
};

/* Until its close. The descriptor is below FAKE_SOCKETS_END. In this process only. */
void fake_socket(int fd, const struct fake_socket *kernel, void *user);

enum {
	FAKE_SOCKETS_END = 256
};

/* How many descriptors are open in this process. */
unsigned fake_open_fds(void);
/* malloc(3) through here, for libraries that take an allocator (json_set_alloc_funcs). */
void *fake_malloc(size_t size);

#endif
