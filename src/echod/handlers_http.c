/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_http.c: what there is to see over HTTP. Everything is read; nothing can be changed here.
 */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/clock.h"
#include "src/echod/handlers.h"
#include "src/echod/http.h"
#include "src/echod/master.h"
#include "src/echod/page_style.h"

#define PLAIN "text/plain; charset=utf-8"

/* One path. make returns the text, or NULL when there is no memory. */
struct path {
	const char *path, *type;
	char *(*make)(struct master *m);
	unsigned (*status)(const struct master *m); /* NULL = 200 */
};

static char *page(struct master *m)
{
	json_t *status = handlers_status(m);
	char *text = status ? handlers_page(status, &m->rates, clock_now_ms()) : NULL;

	json_decref(status);
	return text;
}

static char *style(struct master *m)
{
	(void)m;
	return strdup(page_style);
}

static char *metrics(struct master *m)
{
	return handlers_metrics(m);
}

static char *health(struct master *m)
{
	(void)m;
	return strdup("ok\n");
}

static char *state(struct master *m)
{
	char *text;

	return asprintf(&text, "%s\n", master_state_name(m->state)) < 0 ? NULL : text;
}

static unsigned ready_status(const struct master *m)
{
	return m->state == MASTER_RUNNING ? 200 : 503;
}

int handlers_http(const char *path, struct http_reply *ret_reply, void *user)
{
	static const struct path paths[] = {
		{ "/", "text/html; charset=utf-8", page, NULL },
		{ "/style.css", "text/css; charset=utf-8", style, NULL },
		{ "/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics, NULL },
		{ "/healthz", PLAIN, health, NULL },
		{ "/readyz", PLAIN, state, ready_status },
	};
	struct master *m = user;

	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
		char *text;

		if (strcmp(paths[i].path, path) != 0)
			continue;
		text = paths[i].make(m);
		if (!text)
			return -ENOMEM;
		*ret_reply =
		    (struct http_reply){ .status = paths[i].status ? paths[i].status(m) : 200,
					 .type = paths[i].type,
					 .text = text };
		return 0;
	}
	return -ENOENT;
}
