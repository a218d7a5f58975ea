/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * contract.h: what the parts of the selector's contract suite share. Each test finds a fresh
 * selector of the back end whose turn it is, and a pair of connected sockets.
 */
#ifndef TESTS_SELECTOR_CONTRACT_H
#define TESTS_SELECTOR_CONTRACT_H

#include "tests/cmocka_all.h"

#include <stdbool.h>

#include "echod/selector.h"

extern const char *contract_backend; /* its name */
extern struct selector *selector;
extern int ours, theirs; /* what is written to theirs, ours can read */

/* Counts down with each allocation and fails the one that makes it 0; -1 never. */
extern int allocations_left;
/* What poll and select fail with; 0: the real ones are called. */
extern int wait_error;

extern const struct CMUnitTest contract_keys[];
extern const struct CMUnitTest contract_events[];
extern const struct CMUnitTest contract_stale[];
extern const size_t n_contract_keys, n_contract_events, n_contract_stale;

int contract_setup(void **state);
int contract_teardown(void **state);

#define CONTRACT_TEST(test) cmocka_unit_test_setup_teardown(test, contract_setup, contract_teardown)

bool is_select(void);
void make_pair(int *ret_ours, int *ret_theirs);
/* Writes a byte. */
void poke(int fd);
/* Reads a byte. */
void drain(int fd);

/* Registers, and it must be done. */
void add(int fd, unsigned events);
/* Looks without waiting: the only ready descriptor must be fd with this mask; fd -1: none is. */
void expect_only(int fd, unsigned mask);
/* The next of the batch must be fd with this mask; fd -1: there is none. */
void expect_next(int fd, unsigned mask);

#endif
