/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_acl.c owns how the verdict of an access list reads.
 */
#include <errno.h>
#include <inttypes.h>

#include "echoctl/render.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"

/* "allowed: allow has 192.0.2.0/24 (/etc/echod.conf:12)" */
int render_acl(const json_t *parameters, bool color, FILE *out,
	       char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	const bool allowed = fields_boolean(&f, parameters, "", "allowed");
	const char *list = fields_text(&f, parameters, "", "list");
	const char *network = fields_optional_text(&f, parameters, "", "network");
	const char *file = fields_optional_text(&f, parameters, "", "file");
	const enum render_color tint = allowed ? COLOR_GOOD : COLOR_BAD;
	int64_t line = 0;
	const bool placed = fields_optional_integer(&f, parameters, "", "line", &line);

	if (ret_wrong[0])
		return -EPROTO;
	fprintf(out, "%s%s%s: ", render_color_on(tint, color), allowed ? "allowed" : "refused",
		render_color_off(tint, color));
	if (network) {
		render_print(list, out);
		fputs(" has ", out);
		render_print(network, out);
	} else {
		fputs(allowed ? "no rule is for it, and allow is empty"
			      : "no network of allow holds it",
		      out);
	}
	if (file && placed) {
		fputs(" (", out);
		render_print(file, out);
		fprintf(out, ":%" PRId64 ")", line);
	}
	fputc('\n', out);
	return 0;
}
