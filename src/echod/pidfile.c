/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * pidfile.c: while a struct pidfile exists in the master, its descriptor is open and locked, and
 * the path named that very file when the lock was taken.
 */
#include "src/echod/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/parse.h"

enum {
	TRIES = 100 /* each lost to another daemon that ended between our open and our lock */
};

struct pidfile {
	int fd;
	dev_t device;
	ino_t inode;
	char path[]; /* with its NUL */
};

/* The number that the file tells, 0 when it tells none. */
static pid_t read_number(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	int64_t pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return parse_integer(text, 1, INT32_MAX, &pid) == 0 ? (pid_t)pid : 0;
}

/* What is there, or a new file. O_NONBLOCK: a FIFO in this place must not make us wait. -EAGAIN when
 * somebody else made it in between. */
static int open_or_make(const char *path, bool *ret_made)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, flags);

	*ret_made = false;
	if (fd < 0 && errno == ENOENT) {
		fd = open(path, flags | O_CREAT | O_EXCL, 0644);
		*ret_made = fd >= 0;
	}
	if (fd < 0)
		return errno == EEXIST ? -EAGAIN : -errno;
	return fd;
}

static int look(int fd, struct stat *ret_stat)
{
	if (fstat(fd, ret_stat) < 0)
		return -errno;
	return S_ISREG(ret_stat->st_mode) && ret_stat->st_nlink <= 1 ? 0 : -EINVAL;
}

static bool path_is(const char *path, dev_t device, ino_t inode)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static int lock(int fd)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR)
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
	}
	return 0;
}

/* One try: the locked descriptor; -EAGAIN when the file was removed before we had the lock. A file
 * that we made and that nobody can hold does not stay. */
static int open_locked(const char *path, struct stat *ret_stat, pid_t *ret_running_pid)
{
	bool made;
	int fd = open_or_make(path, &made);
	int r;

	if (fd < 0)
		return fd;
	r = look(fd, ret_stat);
	if (r == 0)
		r = lock(fd);
	if (r == -EBUSY)
		*ret_running_pid = read_number(fd);
	else if (r < 0 && made)
		unlink(path);
	if (r == 0 && !path_is(path, ret_stat->st_dev, ret_stat->st_ino))
		r = -EAGAIN;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int pidfile_open(const char *path, struct pidfile **ret_pidfile, pid_t *ret_running_pid)
{
	struct pidfile *p = malloc(sizeof(*p) + strlen(path) + 1);
	struct stat st = { 0 };
	int fd = -EAGAIN;

	if (!p)
		return -ENOMEM;
	for (int i = 0; i < TRIES && fd == -EAGAIN; i++)
		fd = open_locked(path, &st, ret_running_pid);
	if (fd < 0) {
		free(p);
		return fd;
	}
	p->fd = fd;
	p->device = st.st_dev;
	p->inode = st.st_ino;
	strcpy(p->path, path);
	*ret_pidfile = p;
	return 0;
}

int pidfile_write(struct pidfile *p, pid_t pid)
{
	char text[32];
	const int length = snprintf(text, sizeof(text), "%ld\n", (long)pid);

	if (ftruncate(p->fd, 0) < 0)
		return -errno;
	for (int at = 0; at < length;) {
		const ssize_t n = pwrite(p->fd, text + at, (size_t)(length - at), at);

		if (n == 0 || (n < 0 && errno != EINTR))
			return n == 0 ? -ENOSPC : -errno;
		if (n > 0)
			at += (int)n;
	}
	return 0;
}

void pidfile_close(struct pidfile *p)
{
	if (!p)
		return;
	/* Somebody else's file in our place is not ours to remove; nor is ours of use to anybody. A
	 * file that can be neither removed nor emptied is stale, and no obstacle. */
	if (!path_is(p->path, p->device, p->inode) || unlink(p->path) < 0) {
		if (ftruncate(p->fd, 0) < 0)
			errno = 0;
	}
	pidfile_abandon(p);
}

void pidfile_abandon(struct pidfile *p)
{
	if (!p)
		return;
	close(p->fd);
	free(p);
}

const char *pidfile_path(const struct pidfile *p)
{
	return p->path;
}
