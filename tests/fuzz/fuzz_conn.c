/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Feeds a connection with whatever splits, pauses, ends and failures the input describes; conn_play.h
 * says how, and what is asserted.
 */
#include "tests/core/conn_play.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	conn_play(data, size);
	return 0;
}
