/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * fake_wraps.c: what the linker's --wrap puts in the place of each call: ask, then fail or make the
 * real call. One row of $(FAKE_WRAP) in Makefile.am for each. The *_chk names are those that the
 * C library's fortification calls instead.
 */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif
#ifdef HAVE_SYS_EPOLL_H
#include <sys/epoll.h>
#endif
#ifdef HAVE_SYS_SIGNALFD_H
#include <sys/signalfd.h>
#endif

#include "tests/fake/fake_engine.h"

#define WRAPPED(type, name, ...)         \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)
/* One that makes its real call by another name. */
#define REPLACED(type, name, ...)        \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

/* ---- Sockets whose kernel is the test ---- */

static struct {
	const struct fake_socket *kernel;
	void *user;
} sockets[FAKE_SOCKETS_END];

void fake_socket(int fd, const struct fake_socket *kernel, void *user)
{
	if (fd < 0 || fd >= FAKE_SOCKETS_END)
		abort();
	sockets[fd].kernel = kernel;
	sockets[fd].user = user;
}

static const struct fake_socket *kernel_of(int fd)
{
	return fd >= 0 && fd < FAKE_SOCKETS_END ? sockets[fd].kernel : NULL;
}

static ssize_t answer(ssize_t r)
{
	if (r < 0)
		errno = (int)-r;
	return r < 0 ? -1 : r;
}

/* ---- Memory ---- */

WRAPPED(void *, malloc, size_t size)
{
	return fake_refuses(FAKE_MALLOC) ? NULL : __real_malloc(size);
}

void *fake_malloc(size_t size)
{
	return __wrap_malloc(size);
}

WRAPPED(void *, calloc, size_t n, size_t size)
{
	return fake_refuses(FAKE_CALLOC) ? NULL : __real_calloc(n, size);
}

WRAPPED(void *, realloc, void *old, size_t size)
{
	return fake_refuses(FAKE_REALLOC) ? NULL : __real_realloc(old, size);
}

WRAPPED(void *, reallocarray, void *old, size_t n, size_t size)
{
	return fake_refuses(FAKE_REALLOCARRAY) ? NULL : __real_reallocarray(old, n, size);
}

WRAPPED(char *, strdup, const char *text)
{
	return fake_refuses(FAKE_STRDUP) ? NULL : __real_strdup(text);
}

WRAPPED(char *, strndup, const char *text, size_t n)
{
	return fake_refuses(FAKE_STRDUP) ? NULL : __real_strndup(text, n);
}

WRAPPED(int, vasprintf, char **ret_text, const char *format, va_list arguments)
{
	return fake_refuses(FAKE_ASPRINTF) ? -1 : __real_vasprintf(ret_text, format, arguments);
}

REPLACED(int, __vasprintf_chk, char **ret_text, int flag, const char *format, va_list arguments)
{
	(void)flag;
	return __wrap_vasprintf(ret_text, format, arguments);
}

REPLACED(int, asprintf, char **ret_text, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = __wrap_vasprintf(ret_text, format, arguments);
	va_end(arguments);
	return n;
}

REPLACED(int, __asprintf_chk, char **ret_text, int flag, const char *format, ...)
{
	va_list arguments;
	int n;

	(void)flag;
	va_start(arguments, format);
	n = __wrap_vasprintf(ret_text, format, arguments);
	va_end(arguments);
	return n;
}

WRAPPED(FILE *, open_memstream, char **ret_text, size_t *ret_length)
{
	return fake_refuses(FAKE_OPEN_MEMSTREAM) ? NULL
						 : __real_open_memstream(ret_text, ret_length);
}

WRAPPED(void *, mmap, void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (fake_refuses(FAKE_MMAP))
		return MAP_FAILED;
	return __real_mmap(at, length, protection, flags, fd, offset);
}

/* ---- Sockets ---- */

WRAPPED(int, socket, int family, int type, int protocol)
{
	return fake_refuses(FAKE_SOCKET) ? -1 : __real_socket(family, type, protocol);
}

WRAPPED(int, socketpair, int family, int type, int protocol, int fds[2])
{
	return fake_refuses(FAKE_SOCKETPAIR) ? -1 : __real_socketpair(family, type, protocol, fds);
}

WRAPPED(int, bind, int fd, const struct sockaddr *address, socklen_t length)
{
	return fake_refuses(FAKE_BIND) ? -1 : __real_bind(fd, address, length);
}

WRAPPED(int, listen, int fd, int backlog)
{
	return fake_refuses(FAKE_LISTEN) ? -1 : __real_listen(fd, backlog);
}

WRAPPED(int, connect, int fd, const struct sockaddr *address, socklen_t length)
{
	if (!fake_refuses(FAKE_CONNECT))
		return __real_connect(fd, address, length);
	if (errno == EINTR && address->sa_family != AF_UNIX) {
		(void)__real_connect(fd, address, length);
		errno = EINTR;
	}
	return -1;
}

WRAPPED(int, accept, int fd, struct sockaddr *address, socklen_t *length)
{
	return fake_refuses(FAKE_ACCEPT) ? -1 : __real_accept(fd, address, length);
}

WRAPPED(int, accept4, int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	return fake_refuses(FAKE_ACCEPT4) ? -1 : __real_accept4(fd, address, length, flags);
}

WRAPPED(int, getsockname, int fd, struct sockaddr *address, socklen_t *length)
{
	return fake_refuses(FAKE_GETSOCKNAME) ? -1 : __real_getsockname(fd, address, length);
}

WRAPPED(int, getsockopt, int fd, int level, int name, void *value, socklen_t *length)
{
	if (fake_refuses(FAKE_GETSOCKOPT))
		return -1;
	return __real_getsockopt(fd, level, name, value, length);
}

WRAPPED(int, setsockopt, int fd, int level, int name, const void *value, socklen_t length)
{
	if (fake_refuses(FAKE_SETSOCKOPT))
		return -1;
	return __real_setsockopt(fd, level, name, value, length);
}

WRAPPED(int, shutdown, int fd, int how)
{
	const struct fake_socket *kernel = kernel_of(fd);

	if (fake_refuses(FAKE_SHUTDOWN))
		return -1;
	return kernel ? (int)answer(kernel->shutdown(sockets[fd].user)) : __real_shutdown(fd, how);
}

/* ---- Bytes ---- */

int __real_fstat(int fd, struct stat *ret_stat);

WRAPPED(ssize_t, read, int fd, void *data, size_t n)
{
	return fake_refuses_bytes(FAKE_READ, &n) ? -1 : __real_read(fd, data, n);
}

REPLACED(ssize_t, __read_chk, int fd, void *data, size_t n, size_t room)
{
	if (n > room)
		abort();
	return __wrap_read(fd, data, n);
}

static bool is_pipe(int fd)
{
	struct stat st;
	int saved = errno;
	bool yes = __real_fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);

	errno = saved;
	return yes;
}

WRAPPED(ssize_t, write, int fd, const void *data, size_t n)
{
	enum fake_call call = is_pipe(fd) ? FAKE_WRITE_PIPE : FAKE_WRITE;

	return fake_refuses_bytes(call, &n) ? -1 : __real_write(fd, data, n);
}

WRAPPED(ssize_t, pread, int fd, void *data, size_t n, off_t at)
{
	return fake_refuses_bytes(FAKE_PREAD, &n) ? -1 : __real_pread(fd, data, n, at);
}

WRAPPED(ssize_t, pwrite, int fd, const void *data, size_t n, off_t at)
{
	return fake_refuses_bytes(FAKE_PWRITE, &n) ? -1 : __real_pwrite(fd, data, n, at);
}

WRAPPED(ssize_t, recv, int fd, void *data, size_t n, int flags)
{
	const struct fake_socket *kernel = kernel_of(fd);

	if (fake_refuses_bytes(FAKE_RECV, &n))
		return -1;
	return kernel ? answer(kernel->recv(sockets[fd].user, data, n))
		      : __real_recv(fd, data, n, flags);
}

REPLACED(ssize_t, __recv_chk, int fd, void *data, size_t n, size_t room, int flags)
{
	if (n > room)
		abort();
	return __wrap_recv(fd, data, n, flags);
}

WRAPPED(ssize_t, send, int fd, const void *data, size_t n, int flags)
{
	const struct fake_socket *kernel = kernel_of(fd);

	if (fake_refuses_bytes(FAKE_SEND, &n))
		return -1;
	return kernel ? answer(kernel->send(sockets[fd].user, data, n))
		      : __real_send(fd, data, n, flags);
}

WRAPPED(ssize_t, recvfrom, int fd, void *data, size_t n, int flags, struct sockaddr *address,
	socklen_t *length)
{
	if (fake_refuses(FAKE_RECVFROM))
		return -1;
	return __real_recvfrom(fd, data, n, flags, address, length);
}

WRAPPED(ssize_t, sendto, int fd, const void *data, size_t n, int flags,
	const struct sockaddr *address, socklen_t length)
{
	if (fake_refuses(FAKE_SENDTO))
		return -1;
	return __real_sendto(fd, data, n, flags, address, length);
}

/* A message with its first piece only, cut to what may be moved. */
static bool refuses_message(enum fake_call call, struct msghdr *message, struct iovec *piece)
{
	size_t n = message->msg_iovlen > 0 ? message->msg_iov[0].iov_len : 0, cut = n;

	if (fake_refuses_bytes(call, &cut))
		return true;
	if (cut < n) {
		*piece = (struct iovec){ message->msg_iov[0].iov_base, cut };
		message->msg_iov = piece;
		message->msg_iovlen = 1;
	}
	return false;
}

WRAPPED(ssize_t, recvmsg, int fd, struct msghdr *message, int flags)
{
	struct msghdr cut = *message;
	struct iovec piece;
	ssize_t n;

	if (refuses_message(FAKE_RECVMSG, &cut, &piece))
		return -1;
	n = __real_recvmsg(fd, &cut, flags);
	cut.msg_iov = message->msg_iov;
	cut.msg_iovlen = message->msg_iovlen;
	*message = cut;
	return n;
}

WRAPPED(ssize_t, sendmsg, int fd, const struct msghdr *message, int flags)
{
	struct msghdr cut = *message;
	struct iovec piece;

	return refuses_message(FAKE_SENDMSG, &cut, &piece) ? -1 : __real_sendmsg(fd, &cut, flags);
}

WRAPPED(int, recvmmsg, int fd, struct mmsghdr *messages, unsigned n, int flags,
	struct timespec *timeout)
{
	return fake_refuses(FAKE_RECVMMSG) ? -1 : __real_recvmmsg(fd, messages, n, flags, timeout);
}

WRAPPED(int, sendmmsg, int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	return fake_refuses(FAKE_SENDMMSG) ? -1 : __real_sendmmsg(fd, messages, n, flags);
}

/* ---- Waiting ---- */

WRAPPED(int, poll, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return fake_refuses(FAKE_POLL) ? -1 : __real_poll(fds, n, timeout_ms);
}

REPLACED(int, __poll_chk, struct pollfd *fds, nfds_t n, int timeout_ms, size_t room)
{
	if (n > room / sizeof(*fds))
		abort();
	return __wrap_poll(fds, n, timeout_ms);
}

WRAPPED(int, select, int end, fd_set *in, fd_set *out, fd_set *error, struct timeval *timeout)
{
	return fake_refuses(FAKE_SELECT) ? -1 : __real_select(end, in, out, error, timeout);
}

#ifdef HAVE_SYS_EPOLL_H
WRAPPED(int, epoll_create1, int flags)
{
	return fake_refuses(FAKE_EPOLL_CREATE1) ? -1 : __real_epoll_create1(flags);
}

WRAPPED(int, epoll_ctl, int epoll, int operation, int fd, struct epoll_event *event)
{
	return fake_refuses(FAKE_EPOLL_CTL) ? -1 : __real_epoll_ctl(epoll, operation, fd, event);
}

WRAPPED(int, epoll_wait, int epoll, struct epoll_event *events, int n, int timeout_ms)
{
	return fake_refuses(FAKE_EPOLL_WAIT) ? -1 : __real_epoll_wait(epoll, events, n, timeout_ms);
}
#endif

#ifdef HAVE_SYS_SIGNALFD_H
WRAPPED(int, signalfd, int fd, const sigset_t *set, int flags)
{
	return fake_refuses(FAKE_SIGNALFD) ? -1 : __real_signalfd(fd, set, flags);
}
#endif

/* ---- Descriptors and files ---- */

int __real_fcntl(int fd, int command, ...);
int __real_open(const char *path, int flags, ...);

/* Every command that this tree uses takes nothing, or an int, or a pointer, each in one register. */
REPLACED(int, fcntl, int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return fake_refuses(FAKE_FCNTL) ? -1 : __real_fcntl(fd, command, argument);
}

REPLACED(int, open, const char *path, int flags, ...)
{
	va_list arguments;
	unsigned mode = 0;

	va_start(arguments, flags);
	if (flags & O_CREAT)
		mode = va_arg(arguments, unsigned);
	va_end(arguments);
	return fake_refuses(FAKE_OPEN) ? -1 : __real_open(path, flags, mode);
}

/* The descriptor goes, whatever close(2) says. */
WRAPPED(int, close, int fd)
{
	const struct fake_socket *kernel = kernel_of(fd);
	int error;

	if (kernel) {
		sockets[fd].kernel = NULL;
		kernel->close(sockets[fd].user);
	}
	if (!fake_refuses(FAKE_CLOSE))
		return __real_close(fd);
	error = errno;
	(void)__real_close(fd);
	errno = error;
	return -1;
}

#ifdef HAVE_CLOSE_RANGE
WRAPPED(int, close_range, unsigned first, unsigned last, int flags)
{
	return fake_refuses(FAKE_CLOSE_RANGE) ? -1 : __real_close_range(first, last, flags);
}
#endif

WRAPPED(int, flock, int fd, int operation)
{
	return fake_refuses(FAKE_FLOCK) ? -1 : __real_flock(fd, operation);
}

WRAPPED(int, pipe, int fds[2])
{
	return fake_refuses(FAKE_PIPE) ? -1 : __real_pipe(fds);
}

WRAPPED(int, pipe2, int fds[2], int flags)
{
	return fake_refuses(FAKE_PIPE) ? -1 : __real_pipe2(fds, flags);
}

int __wrap_fstat(int fd, struct stat *ret_stat);
int __wrap_fstat(int fd, struct stat *ret_stat)
{
	return fake_refuses(FAKE_FSTAT) ? -1 : __real_fstat(fd, ret_stat);
}

WRAPPED(int, lstat, const char *path, struct stat *ret_stat)
{
	return fake_refuses(FAKE_LSTAT) ? -1 : __real_lstat(path, ret_stat);
}

WRAPPED(int, stat, const char *path, struct stat *ret_stat)
{
	return fake_refuses(FAKE_STAT) ? -1 : __real_stat(path, ret_stat);
}

WRAPPED(int, ftruncate, int fd, off_t length)
{
	return fake_refuses(FAKE_FTRUNCATE) ? -1 : __real_ftruncate(fd, length);
}

WRAPPED(int, mkdir, const char *path, mode_t mode)
{
	return fake_refuses(FAKE_MKDIR) ? -1 : __real_mkdir(path, mode);
}

WRAPPED(int, unlink, const char *path)
{
	return fake_refuses(FAKE_UNLINK) ? -1 : __real_unlink(path);
}

/* ---- Processes ---- */

WRAPPED(pid_t, fork, void)
{
	pid_t pid;

	if (fake_refuses(FAKE_FORK))
		return -1;
	fake_forking();
	pid = __real_fork();
	if (pid == 0)
		fake_in_child();
	return pid;
}

WRAPPED(pid_t, waitpid, pid_t pid, int *ret_status, int options)
{
	return fake_refuses(FAKE_WAITPID) ? -1 : __real_waitpid(pid, ret_status, options);
}

WRAPPED(int, setrlimit, int resource, const struct rlimit *limit)
{
	return fake_refuses(FAKE_SETRLIMIT) ? -1 : __real_setrlimit(resource, limit);
}

#ifdef HAVE_SYS_PRCTL_H
int __real_prctl(int option, ...);

/* Four arguments at most, each in one register. */
REPLACED(int, prctl, int option, ...)
{
	unsigned long a[4];
	va_list arguments;

	va_start(arguments, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(arguments, unsigned long);
	va_end(arguments);
	return fake_refuses(FAKE_PRCTL) ? -1 : __real_prctl(option, a[0], a[1], a[2], a[3]);
}
#endif

WRAPPED(int, getentropy, void *data, size_t n)
{
	return fake_refuses(FAKE_GETENTROPY) ? -1 : __real_getentropy(data, n);
}
