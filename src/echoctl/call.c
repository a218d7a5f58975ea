/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * call.c: asking the daemon anything, as it stands.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/options_filter.h"
#include "echoctl/session.h"

enum {
	METHOD_SIZE = 256
};

int check_call(struct options *options)
{
	json_error_t error;
	json_t *parameters;
	bool good;

	if (options_check_text(options, options->arguments[0]) < 0)
		return -EINVAL;
	if (options->n_arguments < 2)
		return 0;
	parameters = json_loads(options->arguments[1], JSON_REJECT_DUPLICATES, &error);
	good = json_is_object(parameters);
	json_decref(parameters);
	return good ? 0 : options_refuse(options, "the parameters are no JSON object");
}

static int take_reply(const json_t *parameters, bool last, void *user)
{
	(void)last;
	(void)user;
	if (render_json(parameters, isatty(STDOUT_FILENO), stdout) < 0)
		return EXIT_REFUSED;
	return session_flush();
}

int run_call(struct session *session)
{
	const struct options *options = session->options;
	const char *name = options->arguments[0];
	char method[METHOD_SIZE];

	snprintf(method, sizeof(method), "%s%s", strchr(name, '.') ? "" : CONTROL_INTERFACE ".",
		 name);
	session->by_name = true;
	session_wait_longer(session, SESSION_PATIENCE_MS);
	return session_stream(session, method,
			      options->n_arguments > 1 ? json_loads(options->arguments[1], 0, NULL)
						       : NULL,
			      take_reply, NULL);
}
