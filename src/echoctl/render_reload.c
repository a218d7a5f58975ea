/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_reload.c owns how a reload reads: what changed first, then what was kept, and last what has
 * no effect yet.
 */
#include <inttypes.h>

#include "echoctl/render.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"

static void print_names(struct fields *f, const json_t *parameters, const char *field,
			const char *label, FILE *out)
{
	const json_t *names = fields_array(f, parameters, "", field), *name;
	const char *before = label;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (!json_is_string(name)) {
			fields_wrong(f, "", field, "no list of texts");
			return;
		}
		fputs(before, out);
		render_print(json_string_value(name), out);
		before = ", ";
	}
	if (json_array_size(names) > 0)
		fputc('\n', out);
}

static void print_page(struct fields *f, const json_t *parameters, bool color, FILE *out)
{
	fprintf(out, "%sreloaded%s, generation %" PRId64 "\n", render_color_on(COLOR_GOOD, color),
		render_color_off(COLOR_GOOD, color),
		fields_integer(f, parameters, "", "generation"));
	print_names(f, parameters, "added", "  added    ", out);
	print_names(f, parameters, "removed", "  removed  ", out);
	print_names(f, parameters, "changed", "  changed  ", out);
	print_names(f, parameters, "kept", "  kept     ", out);
	print_names(f, parameters, "needs_restart", "no effect before a restart: ", out);
}

int render_reload(const json_t *parameters, bool color, FILE *out,
		  char ret_wrong[static RENDER_WRONG_SIZE])
{
	return fields_print(print_page, parameters, color, out, ret_wrong);
}
