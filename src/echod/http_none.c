/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * http_none.c: http.h in a build without libmicrohttpd. The configuration refuses metrics-listen there,
 * so nobody gets this far.
 */
#include "src/echod/http.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "echod/attr.h"

int http_open(const struct http_settings *settings, struct http **ret_http UNUSED)
{
	close(settings->listen_fd);
	return -ENOSYS;
}

struct http *http_close(struct http *http UNUSED)
{
	return NULL;
}

unsigned http_count_clients(const struct http *http UNUSED)
{
	return 0;
}

int64_t http_deadline_ms(const struct http *http UNUSED)
{
	return INT64_MAX;
}

void http_expire(struct http *http UNUSED, int64_t now_ms UNUSED)
{
}
