/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * inspect.c: what an access list says. The other verbs that look into the daemon have files of their
 * own.
 */
#include "echoctl/inspect.h"

#include "echoctl/answer.h"
#include "echoctl/options_filter.h"
#include "echoctl/session.h"

/* ---- acl ---- */

int check_acl(struct options *options)
{
	const int r = options_check_text(options, options->arguments[0]);

	return r < 0 ? r : options_check_text(options, options->arguments[1]);
}

int run_acl(struct session *session)
{
	const char *const *arguments = session->options->arguments;
	json_t *answer;
	int code = answer_call(
	    session, METHOD_TEST_ACL,
	    json_pack("{s:s, s:s}", "listener", arguments[0], "address", arguments[1]), &answer);

	return code == EXIT_OK ? answer_show(session, answer, render_acl) : code;
}
