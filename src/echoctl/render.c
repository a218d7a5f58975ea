/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render.c owns the small answers, and JSON as it stands.
 */
#include "echoctl/render.h"

#include <errno.h>

#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"

int render_json(const json_t *parameters, bool pretty, FILE *out)
{
	if (json_dumpf(parameters, out, pretty ? JSON_INDENT(2) : JSON_COMPACT) < 0)
		return ferror(out) ? 0 : -ENOMEM; /* a broken output is found at the end */
	fputc('\n', out);
	return 0;
}

int render_version(const json_t *parameters, bool color, FILE *out,
		   char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	const char *product = fields_text(&f, parameters, "", "product");
	const char *version = fields_text(&f, parameters, "", "version");

	(void)color;
	if (ret_wrong[0])
		return -EPROTO;
	render_print(product, out);
	fputc(' ', out);
	render_print(version, out);
	fputc('\n', out);
	return 0;
}
