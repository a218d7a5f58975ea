/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * top_tables: the tables on the screen of `echoctl top`: a line of headings and as many rows as a
 * terminal of this size could show. Columns that do not fit into its width are left out.
 */
#ifndef ECHOD_ECHOCTL_TOP_TABLES_H
#define ECHOD_ECHOCTL_TOP_TABLES_H

#include "echoctl/top_paint.h"

/* The caller's to free(); NULL = no memory. */
char *top_table_listeners(const struct top_model *m, const struct top_view *view);
char *top_table_workers(const struct top_model *m, const struct top_view *view);
char *top_table_connections(const struct top_model *m, const struct top_view *view);

#endif
