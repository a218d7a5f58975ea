/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * methods.c: what the daemon can be asked, read from how it describes itself. Who may ask is not in
 * that; it is known of the methods that this program knows.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/list.h"
#include "echoctl/render_fields.h"
#include "echoctl/session.h"

static const struct list_column columns[] = {
	{ .field = "method" },
	{ .field = "right", .optional = true },
	{ .field = "parameters" },
};

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
}

/* NULL: not known here. */
static const char *right_of(const char *method)
{
	static const char *const names[] = { [CONTROL_READ] = "read",
					     [CONTROL_OPERATE] = "operate",
					     [CONTROL_ADMIN] = "administer" };

	for (size_t i = 0; i < METHODS; i++)
		if (strcmp(verb_methods[i].name, method) == 0)
			return names[verb_methods[i].right];
	return NULL;
}

/* Of "Name(parameters)", which it takes apart. */
static json_t *row_of(char *line)
{
	char *parameters = line + strcspn(line, "(");

	if (*parameters)
		*parameters++ = '\0';
	parameters[strcspn(parameters, ")")] = '\0';
	return json_pack("{s:s, s:s?, s:s}", "method", line, "right", right_of(line), "parameters",
			 parameters);
}

/* Adds a row for the method that text begins with. */
static int add_row(json_t *rows, const char *text)
{
	char *line = NULL;
	size_t size;
	FILE *stream = open_memstream(&line, &size);
	int r = -1;

	if (!stream)
		return -ENOMEM;
	print_method(text, stream);
	if (fclose(stream) == 0)
		r = json_array_append_new(rows, row_of(line));
	free(line);
	return r < 0 ? -ENOMEM : 0;
}

/* Where the next method is described, or NULL. */
static const char *next_method(const char *text)
{
	static const char word[] = "\nmethod ";
	const char *found = strstr(text, word);

	return found ? found + strlen(word) : NULL;
}

static json_t *all_rows(const char *text)
{
	json_t *rows = json_array();

	while (rows && (text = next_method(text)))
		if (add_row(rows, text) < 0) {
			json_decref(rows);
			return NULL;
		}
	return json_pack("{s:o}", "methods", rows);
}

static int render_methods(const json_t *parameters, bool color, FILE *out,
			  char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	const char *text = fields_text(&f, parameters, "", "description");

	(void)color;
	if (ret_wrong[0])
		return -EPROTO;
	while ((text = next_method(text))) {
		print_method(text, out);
		fputc('\n', out);
	}
	return 0;
}

/* Takes the reference. An exit code. */
static int show_csv(const struct session *session, json_t *answer)
{
	char wrong[RENDER_WRONG_SIZE] = "";
	struct fields f = { .wrong = wrong };
	const char *text = fields_text(&f, answer, "", "description");
	int code;

	if (wrong[0])
		code = answer_is_wrong(session, wrong);
	else
		code =
		    list_show(session, "methods", columns, ARRAY_LENGTH(columns), all_rows(text));
	json_decref(answer);
	return code;
}

int run_methods(struct session *session)
{
	const struct options *options = session->options;
	json_t *answer;
	const int code = session_call(session, "org.varlink.service.GetInterfaceDescription",
				      json_pack("{s:s}", "interface", CONTROL_INTERFACE), &answer);

	if (code != EXIT_OK)
		return code;
	return options->csv && !options->json ? show_csv(session, answer)
					      : answer_show(session, answer, render_methods);
}
