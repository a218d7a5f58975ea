/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Attributes and the two idioms of clean-up: a variable that frees itself at the end of its scope,
 * and the hand-over that keeps it alive. No control flow hides here.
 */
#ifndef ECHOD_ATTR_H
#define ECHOD_ATTR_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define UNUSED			 __attribute__((unused))

/* free(3) at the end of the scope; NULL is fine. */
#define CLEANUP_FREE __attribute__((cleanup(attr_free_pointer)))
/* close(2) at the end of the scope; negative is fine, errno survives. */
#define CLEANUP_FD __attribute__((cleanup(attr_close_fd)))

/* The pointer's or descriptor's value, its variable emptied: the caller owns it now. */
#define TAKE_PTR(pointer)                               \
	({                                              \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
/* The struct around a member; type may be const. */
#define CONTAINER_OF(pointer, type, member) ((type *)((uintptr_t)(pointer)-offsetof(type, member)))

static inline void attr_free_pointer(void *variable)
{
	free(*(void **)variable);
}

/* Closes a descriptor variable's descriptor, if there is one, and sets it to -1. In net.c. */
void attr_close_fd(int *fd);

#endif
