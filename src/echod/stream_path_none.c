/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * stream_path_none.c: on systems where nobody has shown what there is to ask.
 */
#include "src/echod/stream_path.h"

#include "echod/attr.h"

void stream_path(int fd UNUSED, const struct peer *end UNUSED, struct service_path *ret_path)
{
	*ret_path = (struct service_path){ .hops = -1, .traffic_class = -1 };
}
