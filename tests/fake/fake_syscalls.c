/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * fake_syscalls.c: which call is answered how. One table says what each call can suffer; the state
 * lies in memory shared with forked children, all counters atomic.
 */
#include "tests/fake/fake_syscalls.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/fake/fake_engine.h"

enum {
	SCRIPTS_MAX = 32
};

struct row {
	const char *name;
	int error;	    /* what FAKE_ERROR gives; 0 = it cannot fail in a way worth a test */
	bool interruptible; /* and nothing but a repetition is right */
	bool bytes;	    /* moves bytes of a stream */
};

static const struct row rows[FAKE_CALLS] = {
	[FAKE_ACCEPT] = { "accept", EMFILE, true, false },
	[FAKE_ACCEPT4] = { "accept4", EMFILE, true, false },
	[FAKE_ASPRINTF] = { "asprintf", ENOMEM, false, false },
	[FAKE_BIND] = { "bind", EADDRINUSE, false, false },
	[FAKE_CALLOC] = { "calloc", ENOMEM, false, false },
	[FAKE_CLOSE] = { "close", EIO, true, false },
	[FAKE_CLOSE_RANGE] = { "close_range", ENOMEM, false, false },
	[FAKE_CONNECT] = { "connect", ECONNREFUSED, true, false },
	[FAKE_EPOLL_CREATE1] = { "epoll_create1", EMFILE, false, false },
	[FAKE_EPOLL_CTL] = { "epoll_ctl", ENOSPC, false, false },
	[FAKE_EPOLL_WAIT] = { "epoll_wait", 0, true, false },
	[FAKE_FCNTL] = { "fcntl", EBADF, false, false },
	[FAKE_FLOCK] = { "flock", ENOLCK, true, false },
	[FAKE_FORK] = { "fork", EAGAIN, false, false },
	[FAKE_FSTAT] = { "fstat", EIO, false, false },
	[FAKE_FTRUNCATE] = { "ftruncate", EIO, false, false },
	[FAKE_GETENTROPY] = { "getentropy", EIO, false, false },
	[FAKE_GETSOCKNAME] = { "getsockname", ENOBUFS, false, false },
	[FAKE_GETSOCKOPT] = { "getsockopt", ENOBUFS, false, false },
	[FAKE_LISTEN] = { "listen", EADDRINUSE, false, false },
	[FAKE_LSTAT] = { "lstat", EACCES, false, false },
	[FAKE_MALLOC] = { "malloc", ENOMEM, false, false },
	[FAKE_MKDIR] = { "mkdir", EACCES, false, false },
	[FAKE_MMAP] = { "mmap", ENOMEM, false, false },
	[FAKE_OPEN] = { "open", EMFILE, false, false },
	[FAKE_OPEN_MEMSTREAM] = { "open_memstream", ENOMEM, false, false },
	[FAKE_PIPE] = { "pipe", EMFILE, false, false },
	[FAKE_POLL] = { "poll", ENOMEM, true, false },
	[FAKE_PRCTL] = { "prctl", EPERM, false, false },
	[FAKE_PREAD] = { "pread", EIO, true, true },
	[FAKE_PWRITE] = { "pwrite", ENOSPC, true, true },
	[FAKE_READ] = { "read", EIO, true, true },
	[FAKE_REALLOC] = { "realloc", ENOMEM, false, false },
	[FAKE_REALLOCARRAY] = { "reallocarray", ENOMEM, false, false },
	[FAKE_RECV] = { "recv", ECONNRESET, true, true },
	[FAKE_RECVFROM] = { "recvfrom", ENOMEM, true, false },
	[FAKE_RECVMMSG] = { "recvmmsg", ENOMEM, true, false },
	[FAKE_RECVMSG] = { "recvmsg", ECONNRESET, true, true },
	[FAKE_SELECT] = { "select", ENOMEM, true, false },
	[FAKE_SEND] = { "send", EPIPE, true, true },
	[FAKE_SENDMMSG] = { "sendmmsg", EPERM, true, false },
	[FAKE_SENDMSG] = { "sendmsg", EPIPE, true, true },
	[FAKE_SENDTO] = { "sendto", ENOBUFS, true, false },
	[FAKE_SETRLIMIT] = { "setrlimit", EPERM, false, false },
	[FAKE_SETSOCKOPT] = { "setsockopt", ENOBUFS, false, false },
	[FAKE_SHUTDOWN] = { "shutdown", ENOTCONN, false, false },
	[FAKE_SIGNALFD] = { "signalfd", EMFILE, false, false },
	[FAKE_SOCKET] = { "socket", EMFILE, false, false },
	[FAKE_SOCKETPAIR] = { "socketpair", EMFILE, false, false },
	[FAKE_STAT] = { "stat", EACCES, false, false },
	[FAKE_STRDUP] = { "strdup", ENOMEM, false, false },
	[FAKE_UNLINK] = { "unlink", EACCES, false, false },
	[FAKE_WAITPID] = { "waitpid", 0, true, false },
	[FAKE_WRITE] = { "write", EIO, true, true },
	[FAKE_WRITE_PIPE] = { "write", 0, true, true },
};

struct script {
	enum fake_call call;
	unsigned long first, last;
	int error; /* 0: at most `most` bytes */
	size_t most;
};

struct state {
	atomic_ulong counts[FAKE_CALLS];
	struct script scripts[SCRIPTS_MAX];
	unsigned n_scripts;
	atomic_ulong answered;
	enum fake_mode mode;
	unsigned long kth; /* 0 = no point fails */
	bool scoped;
	unsigned depth, nth; /* where points are, when scoped */
	atomic_ulong points;
	atomic_int hit; /* enum fake_call; FAKE_CALLS = none yet */
};

static struct state *state; /* NULL until the first fake_reset() */
static int suspended;	    /* depth */

/* Which process this is: forks between it and the test's own, and which child of its parent. */
static unsigned process_depth, process_nth, children;

static void *map_shared(size_t size)
{
	void *memory;

	suspended++;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	suspended--;
	if (memory == MAP_FAILED) {
		perror("fake_syscalls: mmap");
		abort();
	}
	return memory;
}

void fake_reset(void)
{
	if (!state)
		state = map_shared(sizeof(*state));
	for (int call = 0; call < FAKE_CALLS; call++)
		atomic_store(&state->counts[call], 0);
	state->n_scripts = 0;
	state->kth = 0;
	state->scoped = false;
	atomic_store(&state->answered, 0);
	atomic_store(&state->points, 0);
	atomic_store(&state->hit, FAKE_CALLS);
}

void fake_suspend(bool more)
{
	suspended += more ? 1 : -1;
}

const char *fake_name(enum fake_call call)
{
	return rows[call].name;
}

unsigned long fake_count(enum fake_call call)
{
	return atomic_load(&state->counts[call]);
}

unsigned long fake_answered(void)
{
	return atomic_load(&state->answered);
}

/* ---- Scripts ---- */

static void add_script(struct script script)
{
	if (state->n_scripts == SCRIPTS_MAX || script.first == 0 ||
	    (script.most > 0 && !rows[script.call].bytes)) {
		fprintf(stderr, "fake_syscalls: no such script for %s\n", rows[script.call].name);
		abort();
	}
	state->scripts[state->n_scripts++] = script;
}

void fake_fail(enum fake_call call, unsigned long nth, int error)
{
	add_script((struct script){ call, nth, nth, error, 0 });
}

void fake_fail_from(enum fake_call call, unsigned long nth, int error)
{
	add_script((struct script){ call, nth, (unsigned long)-1, error, 0 });
}

void fake_short(enum fake_call call, unsigned long nth, size_t most)
{
	add_script((struct script){ call, nth, nth, 0, most });
}

void fake_short_from(enum fake_call call, unsigned long nth, size_t most)
{
	add_script((struct script){ call, nth, (unsigned long)-1, 0, most });
}

static const struct script *find_script(enum fake_call call, unsigned long nth)
{
	for (unsigned i = 0; i < state->n_scripts; i++) {
		const struct script *s = &state->scripts[i];

		if (s->call == call && nth >= s->first && nth <= s->last)
			return s;
	}
	return NULL;
}

/* ---- Points ---- */

void fake_point(enum fake_mode mode, unsigned long kth)
{
	state->mode = mode;
	state->kth = kth;
	atomic_store(&state->points, 0);
	atomic_store(&state->hit, FAKE_CALLS);
}

void fake_point_in(unsigned depth, unsigned nth)
{
	state->scoped = true;
	state->depth = process_depth + depth;
	state->nth = nth;
}

void fake_forking(void)
{
	children++;
}

void fake_in_child(void)
{
	process_depth++;
	process_nth = children;
	children = 0;
}

static bool is_in_scope(void)
{
	if (!state->scoped)
		return true;
	return process_depth == state->depth && (!state->nth || process_nth == state->nth);
}

const char *fake_hit(void)
{
	int call = atomic_load(&state->hit);

	return call == FAKE_CALLS ? NULL : rows[call].name;
}

static bool mode_acts_on(enum fake_mode mode, const struct row *row)
{
	switch (mode) {
	case FAKE_ERROR:
		return row->error != 0;
	case FAKE_INTERRUPT:
		return row->interruptible;
	default:
		return row->bytes;
	}
}

static bool is_point(enum fake_call call)
{
	if (!state->kth || !mode_acts_on(state->mode, &rows[call]) || !is_in_scope())
		return false;
	if (atomic_fetch_add(&state->points, 1) + 1 != state->kth)
		return false;
	atomic_store(&state->hit, (int)call);
	return true;
}

/* ---- Decisions ---- */

/* What this call, just counted, is to suffer; error and most 0 = nothing. */
static struct script decide(enum fake_call call)
{
	unsigned long nth = atomic_fetch_add(&state->counts[call], 1) + 1;
	const struct script *script = find_script(call, nth);
	struct script point = { .call = call };

	if (script) {
		atomic_fetch_add(&state->answered, 1);
		return *script;
	}
	if (is_point(call)) {
		point.most = state->mode == FAKE_PIECE;
		if (state->mode != FAKE_PIECE)
			point.error = state->mode == FAKE_ERROR ? rows[call].error : EINTR;
	}
	return point;
}

bool fake_refuses_bytes(enum fake_call call, size_t *n)
{
	struct script script;

	if (!state || suspended)
		return false;
	script = decide(call);
	if (script.error) {
		errno = script.error;
		return true;
	}
	if (script.most && *n > script.most)
		*n = script.most;
	return false;
}

bool fake_refuses(enum fake_call call)
{
	size_t n = 0;

	return fake_refuses_bytes(call, &n);
}
