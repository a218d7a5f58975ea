/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * net.c: the half of net.h that makes sockets and asks them. Whatever fails half-way is closed, and
 * a socket's node in the file system is removed with it. The umask is changed for the length of one
 * bind: there are no threads.
 */
#include "build.h"

#include "echod/net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/parse.h"

void attr_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* A stream socket as this program wants it; the descriptor or -errno. */
static int open_stream(int family)
{
	CLEANUP_FD int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	if (family == AF_INET6) {
		r = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		if (r < 0)
			return r;
	}
	return TAKE_FD(fd);
}

bool net_has_family(int family)
{
	CLEANUP_FD int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 || (errno != EAFNOSUPPORT && errno != EPROTONOSUPPORT);
}

static int listen_inet(int fd, const struct net_address *address,
		       const struct net_listen_options *options)
{
	int r = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (r == 0 && options->reuse_port)
		r = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r < 0)
		return r;
	/* Urgent data is part of the stream (RFC 6093), at its place; what is accepted inherits this. */
	(void)set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	if (bind(fd, &address->any, address->length) < 0)
		return -errno;
	return listen(fd, options->backlog) < 0 ? -errno : 0;
}

/* Whether the socket at this path has a listener: 0 when nobody answers, -EADDRINUSE when somebody
 * does, also one whose queue is full or of another type; -errno when there is no telling. */
static int probe_path(const struct net_address *address)
{
	CLEANUP_FD int fd = open_stream(AF_UNIX);

	if (fd < 0)
		return fd;
	if (connect(fd, &address->any, address->length) == 0)
		return -EADDRINUSE;
	switch (errno) {
	case ECONNREFUSED:
	case ENOENT:
		return 0;
	case EAGAIN:
	case EINPROGRESS:
	case EPROTOTYPE:
		return -EADDRINUSE;
	default:
		return -errno;
	}
}

/* Removes what a dead listener left behind. Between the probe and the unlink another daemon might
 * bind: its PID lock is what keeps a second one away. */
static int remove_stale(const struct net_address *address)
{
	const char *path = address->path.sun_path;
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	r = probe_path(address);
	if (r < 0)
		return r;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* The node never has wider rights than the mode: it is made with them. */
static int bind_with_mode(int fd, const struct net_address *address, int mode)
{
	mode_t old = 0;
	int r;

	if (mode >= 0)
		old = umask(~(mode_t)mode & 0777);
	r = bind(fd, &address->any, address->length) < 0 ? -errno : 0;
	if (mode >= 0)
		umask(old);
	return r;
}

static int listen_path(int fd, const struct net_address *address,
		       const struct net_listen_options *options)
{
	int r = remove_stale(address);

	if (r == 0)
		r = bind_with_mode(fd, address, options->socket_mode);
	if (r < 0)
		return r;
	if (listen(fd, options->backlog) == 0)
		return 0;
	r = -errno;
	unlink(address->path.sun_path);
	return r;
}

int net_listen(const struct net_address *address, const struct net_listen_options *options,
	       int *ret_fd)
{
	int family = address->any.sa_family;
	CLEANUP_FD int fd = open_stream(family);
	int r;

	if (fd < 0)
		return fd;
	r = family == AF_UNIX ? listen_path(fd, address, options)
			      : listen_inet(fd, address, options);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int net_local_address(int fd, struct net_address *ret_address)
{
	struct net_address local = { .length = sizeof(local.storage) };

	if (getsockname(fd, &local.any, &local.length) < 0)
		return -errno;
	*ret_address = local;
	return 0;
}

int net_remote_address(int fd, struct net_address *ret_address)
{
	struct net_address remote = { .length = sizeof(remote.storage) };

	if (getpeername(fd, &remote.any, &remote.length) < 0)
		return -errno;
	*ret_address = remote;
	return 0;
}

int net_max_backlog(void)
{
	CLEANUP_FD int fd = open("/proc/sys/net/core/somaxconn", O_RDONLY | O_CLOEXEC);
	char text[16];
	int64_t backlog;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n <= 0)
		return SOMAXCONN;
	text[n] = '\0';
	return parse_integer(text, 1, INT32_MAX, &backlog) == 0 ? (int)backlog : SOMAXCONN;
}

/* With a fixed source address and no port, connect chooses the port and may reuse one that is taken
 * for another destination; bind alone could not know. Where that is missing, bind chooses. */
static int bind_source(int fd, const struct net_address *address)
{
#ifdef IP_BIND_ADDRESS_NO_PORT
	if (address->any.sa_family != AF_UNIX && net_port(address) == 0)
		(void)set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
#endif
	return bind(fd, &address->any, address->length) < 0 ? -errno : 0;
}

int net_connect(const struct net_address *address, const struct net_address *bind_to, int *ret_fd)
{
	CLEANUP_FD int fd = open_stream(address->any.sa_family);
	int r = fd < 0 ? fd : 0;

	if (r == 0 && bind_to)
		r = bind_source(fd, bind_to);
	if (r < 0)
		return r;
	if (connect(fd, &address->any, address->length) < 0) {
		/* An interrupted connect goes on all the same. */
		if (errno != EINPROGRESS && errno != EINTR)
			return -errno;
		r = 1;
	}
	*ret_fd = TAKE_FD(fd);
	return r;
}

#ifdef HAVE_ACCEPT4
static int accept_one(int listen_fd, struct net_address *peer)
{
	return accept4(listen_fd, &peer->any, &peer->length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
#else
static int accept_one(int listen_fd, struct net_address *peer)
{
	CLEANUP_FD int fd = accept(listen_fd, &peer->any, &peer->length);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || net_set_nonblocking(fd) < 0)
		return -1;
	return TAKE_FD(fd);
}
#endif

int net_accept(int listen_fd, struct net_address *ret_peer, int *ret_fd)
{
	struct net_address peer;
	int fd;

	do {
		peer.length = sizeof(peer.storage);
		fd = accept_one(listen_fd, &peer);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -errno;
	if (ret_peer)
		*ret_peer = peer;
	*ret_fd = fd;
	return 0;
}

int net_set_nodelay(int fd)
{
	return set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int net_socket_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

int net_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if (flags & O_NONBLOCK)
		return 0;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int net_socketpair(int ret_fds[static 2])
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}
