/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * multiconn: the program, once its command line is understood.
 */
#ifndef MULTICONN_MULTICONN_H
#define MULTICONN_MULTICONN_H

#include "multiconn/options.h"

/* Does what the options say, on standard output and standard error; returns the exit code. */
int multiconn_main(const struct options *options);

#endif
