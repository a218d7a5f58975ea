/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * call.c: what the daemon can be asked, and asking it as it stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/render_fields.h"
#include "echoctl/session.h"
#include "echod/attr.h"

enum {
	METHOD_SIZE = 256
};

/* ---- methods ---- */

/* "Name(parameters)", whatever lines it is written on; text begins behind the word method. */
static void print_method(const char *text, FILE *out)
{
	const char *end = strstr(text, "->");
	char before = '(';

	for (; *text && text != end; text++) {
		const bool blank = *text == ' ' || *text == '\n';

		if (blank && (before == ',' || before == ':'))
			fputc(before = ' ', out);
		else if (!blank && (unsigned char)*text > ' ' && *text != 0x7f)
			fputc(before = *text, out);
	}
	fputc('\n', out);
}

static int render_methods(const json_t *parameters, bool color, FILE *out,
			  char ret_wrong[static RENDER_WRONG_SIZE])
{
	static const char word[] = "\nmethod ";
	struct fields f = { .wrong = ret_wrong };
	const char *text = fields_text(&f, parameters, "", "description");

	(void)color;
	if (ret_wrong[0])
		return -1;
	while ((text = strstr(text, word))) {
		text += strlen(word);
		print_method(text, out);
	}
	return 0;
}

int run_methods(struct session *session)
{
	json_t *answer;
	int code = session_call(session, "org.varlink.service.GetInterfaceDescription",
				json_pack("{s:s}", "interface", CONTROL_INTERFACE), &answer);

	return code == EXIT_OK ? answer_show(session, answer, render_methods) : code;
}

/* ---- call ---- */

int check_call(struct options *options)
{
	json_error_t error;
	json_t *parameters;
	bool good;

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
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_REFUSED;
}

int run_call(struct session *session)
{
	const struct options *options = session->options;
	const char *name = options->arguments[0];
	char method[METHOD_SIZE];

	snprintf(method, sizeof(method), "%s%s", strchr(name, '.') ? "" : CONTROL_INTERFACE ".",
		 name);
	return session_stream(session, method,
			      options->n_arguments > 1 ? json_loads(options->arguments[1], 0, NULL)
						       : NULL,
			      take_reply, NULL);
}
