/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_fields: reads fields of an answer. The first that is missing or mistyped is kept in wrong;
 * after that each function still returns something harmless, so that callers need not check until
 * the end.
 */
#ifndef ECHOD_ECHOCTL_RENDER_FIELDS_H
#define ECHOD_ECHOCTL_RENDER_FIELDS_H

#include <stdint.h>

#include "echoctl/render.h"

struct fields {
	char *wrong; /* RENDER_WRONG_SIZE bytes; "" as long as all is well */
};

/* where names the object for the message: "workers[0]", or "" for the answer itself. Texts are
 * borrowed from the answer, or "". */
int64_t fields_integer(struct fields *f, const json_t *object, const char *where, const char *name);
bool fields_boolean(struct fields *f, const json_t *object, const char *where, const char *name);
const char *fields_text(struct fields *f, const json_t *object, const char *where,
			const char *name);
/* An object or array of the answer itself; NULL when wrong. */
const json_t *fields_object(struct fields *f, const json_t *object, const char *name);
const json_t *fields_array(struct fields *f, const json_t *object, const char *where,
			   const char *name);
/* The same where null and absence are allowed: NULL, or false. */
const char *fields_optional_text(struct fields *f, const json_t *object, const char *where,
				 const char *name);
bool fields_optional_integer(struct fields *f, const json_t *object, const char *where,
			     const char *name, int64_t *ret_value);
const json_t *fields_optional_object(struct fields *f, const json_t *object, const char *name);

enum {
	RENDER_REASONS_SIZE = 256
};

/* A map of reasons and counts, those that are not 0: "limit 2, rate 1", or "none"; returns text. */
const char *fields_reasons(const json_t *reasons, char text[static RENDER_REASONS_SIZE]);

/* Has print write the page of an answer, and passes it on to out only if no field was wrong. 0, -EPROTO
 * with ret_wrong, or -ENOMEM; nothing is printed then. */
int fields_print(void (*print)(struct fields *f, const json_t *answer, bool color, FILE *out),
		 const json_t *answer, bool color, FILE *out,
		 char ret_wrong[static RENDER_WRONG_SIZE]);

/* Says that this is wrong, unless something was before. */
void fields_wrong(struct fields *f, const char *where, const char *name, const char *what);

#endif
