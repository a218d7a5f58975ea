/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * varlink_check: reads a Varlink interface definition and says whether JSON values are what it
 * promises. For tests, of the interface text and of real replies.
 */
#ifndef TESTS_CONTROL_VARLINK_CHECK_H
#define TESTS_CONTROL_VARLINK_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum varlink_kind {
	VARLINK_BOOL,
	VARLINK_INT,
	VARLINK_FLOAT,
	VARLINK_STRING,
	VARLINK_OBJECT,
	VARLINK_NAMED,	  /* a type of the interface, by name */
	VARLINK_STRUCT,	  /* fields */
	VARLINK_ENUM,	  /* fields without types */
	VARLINK_ARRAY,	  /* of element */
	VARLINK_MAP,	  /* of element, keys are strings */
	VARLINK_OPTIONAL, /* element or null or absent */
};

struct varlink_type {
	enum varlink_kind kind;
	char *name; /* VARLINK_NAMED */
	struct varlink_field *fields;
	size_t n_fields;
	struct varlink_type *element;
};

struct varlink_field {
	char *name;
	struct varlink_type *type; /* NULL in an enum */
};

enum varlink_member_kind {
	VARLINK_TYPE,
	VARLINK_METHOD,
	VARLINK_ERROR
};

struct varlink_member {
	enum varlink_member_kind kind;
	char *name;
	struct varlink_type *in;  /* a method's parameters; the fields of a type or error */
	struct varlink_type *out; /* a method's reply; NULL otherwise */
};

struct varlink_interface {
	char *name;
	struct varlink_member *members;
	size_t n_members;
};

enum {
	VARLINK_REASON_SIZE = 200
};

/* The interface in this text; *ret_interface is the caller's. False with a reason that has the line
 * when the text is not well-formed or names a type that it does not define. */
bool varlink_parse(const char *text, struct varlink_interface **ret_interface,
		   char ret_reason[static VARLINK_REASON_SIZE]);
struct varlink_interface *varlink_free(struct varlink_interface *interface);

/* NULL when there is none. name is without the interface. */
const struct varlink_member *varlink_find(const struct varlink_interface *interface,
					  enum varlink_member_kind kind, const char *name);
const struct varlink_field *varlink_field(const struct varlink_type *type, const char *name);

/* Is value of this type: every field there (null or absent only where optional), no other one, all
 * of the right type? The reason names the path of what is wrong. */
bool varlink_check(const struct varlink_interface *interface, const struct varlink_type *type,
		   const json_t *value, char ret_reason[static VARLINK_REASON_SIZE]);
/* The same for a whole reply to that method: {"parameters":{...}}, or an error of this interface or
 * of org.varlink.service. */
bool varlink_check_reply(const struct varlink_interface *interface, const char *method,
			 const json_t *reply, char ret_reason[static VARLINK_REASON_SIZE]);

#endif
