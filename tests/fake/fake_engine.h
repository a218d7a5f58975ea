/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * fake_engine.h: between what decides (fake_syscalls.c) and what is called in the kernel's stead
 * (fake_wraps.c).
 */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/fake/fake_syscalls.h"

/* Counts the call. True: it fails, and errno says how. */
bool fake_refuses(enum fake_call call);
/* The same for one that moves bytes: when it does not fail, *n may have become less. */
bool fake_refuses_bytes(enum fake_call call, size_t *n);
/* Around a real fork: before it, and in the child. */
void fake_forking(void);
void fake_in_child(void);

#endif
