/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_fields.c owns the distrust of answers.
 */
#include "echoctl/render_fields.h"

#include <errno.h>
#include <stdlib.h>

void fields_wrong(struct fields *f, const char *where, const char *name, const char *what)
{
	if (f->wrong[0] == '\0')
		snprintf(f->wrong, RENDER_WRONG_SIZE, "'%s%s%s' is %s", where, where[0] ? "." : "",
			 name, what);
}

/* The field if there is one, else NULL. */
static const json_t *get(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

static const json_t *need(struct fields *f, const json_t *object, const char *where,
			  const char *name)
{
	const json_t *value = get(object, name);

	if (!value)
		fields_wrong(f, where, name, "missing");
	return value;
}

int64_t fields_integer(struct fields *f, const json_t *object, const char *where, const char *name)
{
	const json_t *value = need(f, object, where, name);

	if (value && !json_is_integer(value))
		fields_wrong(f, where, name, "no integer");
	return json_integer_value(value);
}

bool fields_boolean(struct fields *f, const json_t *object, const char *where, const char *name)
{
	const json_t *value = need(f, object, where, name);

	if (value && !json_is_boolean(value))
		fields_wrong(f, where, name, "neither true nor false");
	return json_is_true(value);
}

const char *fields_optional_text(struct fields *f, const json_t *object, const char *where,
				 const char *name)
{
	const json_t *value = get(object, name);

	if (value && !json_is_string(value))
		fields_wrong(f, where, name, "no text");
	return json_string_value(value);
}

const char *fields_text(struct fields *f, const json_t *object, const char *where, const char *name)
{
	const char *text;

	need(f, object, where, name);
	text = fields_optional_text(f, object, where, name);
	return text ? text : "";
}

bool fields_optional_integer(struct fields *f, const json_t *object, const char *where,
			     const char *name, int64_t *ret_value)
{
	const json_t *value = get(object, name);

	if (value && !json_is_integer(value))
		fields_wrong(f, where, name, "no integer");
	if (!json_is_integer(value))
		return false;
	*ret_value = json_integer_value(value);
	return true;
}

const json_t *fields_optional_object(struct fields *f, const json_t *object, const char *name)
{
	const json_t *value = get(object, name);

	if (value && !json_is_object(value))
		fields_wrong(f, "", name, "no object");
	return json_is_object(value) ? value : NULL;
}

const json_t *fields_object(struct fields *f, const json_t *object, const char *name)
{
	need(f, object, "", name);
	return fields_optional_object(f, object, name);
}

const json_t *fields_array(struct fields *f, const json_t *object, const char *where,
			   const char *name)
{
	const json_t *value = need(f, object, where, name);

	if (value && !json_is_array(value))
		fields_wrong(f, where, name, "no list");
	return json_is_array(value) ? value : NULL;
}

const char *fields_reasons(const json_t *reasons, char text[static RENDER_REASONS_SIZE])
{
	const char *name;
	const json_t *count;
	size_t used = 0;

	snprintf(text, RENDER_REASONS_SIZE, "none");
	json_object_foreach((json_t *)(uintptr_t)reasons, name, count)
	{
		const json_int_t n = json_integer_value(count);
		const int length =
		    n > 0 && used < RENDER_REASONS_SIZE
			? snprintf(text + used, RENDER_REASONS_SIZE - used,
				   "%s%s %" JSON_INTEGER_FORMAT, used > 0 ? ", " : "", name, n)
			: 0;

		used += length > 0 ? (size_t)length : 0;
	}
	return text;
}

int fields_print(void (*print)(struct fields *f, const json_t *answer, bool color, FILE *out),
		 const json_t *answer, bool color, FILE *out,
		 char ret_wrong[static RENDER_WRONG_SIZE])
{
	struct fields f = { .wrong = ret_wrong };
	char *page = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&page, &size);
	bool whole;

	if (!stream)
		return -ENOMEM;
	print(&f, answer, color, stream);
	whole = fclose(stream) == 0;
	if (whole && !ret_wrong[0])
		fwrite(page, 1, size, out);
	free(page);
	return ret_wrong[0] ? -EPROTO : whole ? 0 : -ENOMEM;
}
