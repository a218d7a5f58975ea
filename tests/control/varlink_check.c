/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * varlink_check.c owns the checks of values against types; varlink_parse.c reads the types.
 */
#include "tests/control/varlink_check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "echod/attr.h"

enum {
	PATH_SIZE = 120
};

struct checker {
	const struct varlink_interface *interface;
	char *reason;
};

const struct varlink_member *varlink_find(const struct varlink_interface *interface,
					  enum varlink_member_kind kind, const char *name)
{
	for (size_t i = 0; i < interface->n_members; i++)
		if (interface->members[i].kind == kind &&
		    strcmp(interface->members[i].name, name) == 0)
			return &interface->members[i];
	return NULL;
}

const struct varlink_field *varlink_field(const struct varlink_type *type, const char *name)
{
	for (size_t i = 0; i < type->n_fields; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	return NULL;
}

static bool wrong(const struct checker *c, const char *path, const char *what)
{
	snprintf(c->reason, VARLINK_REASON_SIZE, "%s: %s", path[0] ? path : "parameters", what);
	return false;
}

static bool check(const struct checker *c, const struct varlink_type *type, const json_t *value,
		  const char *path);

static bool check_struct(const struct checker *c, const struct varlink_type *type,
			 const json_t *value, const char *path)
{
	char inner[PATH_SIZE];
	const char *name;
	const json_t *member;

	if (!json_is_object(value))
		return wrong(c, path, "is no object");
	for (size_t i = 0; i < type->n_fields; i++) {
		const struct varlink_field *f = &type->fields[i];

		snprintf(inner, sizeof(inner), "%s%s%s", path, path[0] ? "." : "", f->name);
		if (!check(c, f->type, json_object_get(value, f->name), inner))
			return false;
	}
	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		snprintf(inner, sizeof(inner), "%s%s%s", path, path[0] ? "." : "", name);
		if (!varlink_field(type, name))
			return wrong(c, inner, "is not in the interface");
	}
	return true;
}

static bool check_elements(const struct checker *c, const struct varlink_type *type,
			   const json_t *value, const char *path)
{
	char inner[PATH_SIZE];
	const char *name;
	const json_t *member;
	size_t i;

	if (type->kind == VARLINK_ARRAY && !json_is_array(value))
		return wrong(c, path, "is no array");
	if (type->kind == VARLINK_MAP && !json_is_object(value))
		return wrong(c, path, "is no map");
	json_array_foreach(value, i, member)
	{
		snprintf(inner, sizeof(inner), "%s[%zu]", path, i);
		if (!check(c, type->element, member, inner))
			return false;
	}
	json_object_foreach((json_t *)(uintptr_t)value, name, member)
	{
		snprintf(inner, sizeof(inner), "%s[%s]", path, name);
		if (!check(c, type->element, member, inner))
			return false;
	}
	return true;
}

static bool check_enum(const struct checker *c, const struct varlink_type *type,
		       const json_t *value, const char *path)
{
	if (!json_is_string(value))
		return wrong(c, path, "is no string");
	return varlink_field(type, json_string_value(value)) ? true
							     : wrong(c, path, "is no such word");
}

/* Who read the interface found each name declared, so a missing one is that reader's fault. */
static bool check_named(const struct checker *c, const struct varlink_type *type,
			const json_t *value, const char *path)
{
	const struct varlink_member *named = varlink_find(c->interface, VARLINK_TYPE, type->name);

	return named ? check(c, named->in, value, path) : wrong(c, path, "has an undeclared type");
}

static bool check(const struct checker *c, const struct varlink_type *type, const json_t *value,
		  const char *path)
{
	if (type->kind == VARLINK_OPTIONAL)
		return !value || json_is_null(value) || check(c, type->element, value, path);
	if (!value)
		return wrong(c, path, "is missing");
	switch (type->kind) {
	case VARLINK_BOOL:
		return json_is_boolean(value) || wrong(c, path, "is no bool");
	case VARLINK_INT:
		return json_is_integer(value) || wrong(c, path, "is no int");
	case VARLINK_FLOAT:
		return json_is_number(value) || wrong(c, path, "is no float");
	case VARLINK_STRING:
		return json_is_string(value) || wrong(c, path, "is no string");
	case VARLINK_OBJECT:
		return json_is_object(value) || wrong(c, path, "is no object");
	case VARLINK_NAMED:
		return check_named(c, type, value, path);
	case VARLINK_STRUCT:
		return check_struct(c, type, value, path);
	case VARLINK_ENUM:
		return check_enum(c, type, value, path);
	case VARLINK_ARRAY:
	case VARLINK_MAP:
		return check_elements(c, type, value, path);
	case VARLINK_OPTIONAL:
		break;
	}
	return wrong(c, path, "has an unknown type");
}

bool varlink_check(const struct varlink_interface *interface, const struct varlink_type *type,
		   const json_t *value, char ret_reason[static VARLINK_REASON_SIZE])
{
	const struct checker c = { .interface = interface, .reason = ret_reason };

	return check(&c, type, value, "");
}

#define SERVICE "org.varlink.service."

/* The errors of every Varlink service, each with the one string that it holds. */
static const struct {
	const char *name, *parameter;
} service_errors[] = {
	{ SERVICE "InterfaceNotFound", "interface" }, { SERVICE "MethodNotFound", "method" },
	{ SERVICE "MethodNotImplemented", "method" }, { SERVICE "InvalidParameter", "parameter" },
	{ SERVICE "PermissionDenied", NULL },	      { SERVICE "ExpectedMore", NULL },
};

static bool check_service_error(const char *name, const json_t *parameters,
				char ret_reason[static VARLINK_REASON_SIZE])
{
	for (size_t i = 0; i < ARRAY_LENGTH(service_errors); i++) {
		const char *wanted = service_errors[i].parameter;

		if (strcmp(service_errors[i].name, name) != 0)
			continue;
		if (json_object_size(parameters) == (wanted ? 1 : 0) &&
		    (!wanted || json_is_string(json_object_get(parameters, wanted))))
			return true;
		snprintf(ret_reason, VARLINK_REASON_SIZE, "%s does not hold %s alone", name,
			 wanted ? wanted : "nothing");
		return false;
	}
	snprintf(ret_reason, VARLINK_REASON_SIZE, "there is no error %s", name);
	return false;
}

static bool check_error(const struct varlink_interface *interface, const json_t *reply,
			const char *name, char ret_reason[static VARLINK_REASON_SIZE])
{
	size_t n = strlen(interface->name);
	const struct varlink_member *error = NULL;

	if (strncmp(name, SERVICE, strlen(SERVICE)) == 0)
		return check_service_error(name, json_object_get(reply, "parameters"), ret_reason);
	if (strncmp(name, interface->name, n) == 0 && name[n] == '.')
		error = varlink_find(interface, VARLINK_ERROR, name + n + 1);
	if (error)
		return varlink_check(interface, error->in, json_object_get(reply, "parameters"),
				     ret_reason);
	snprintf(ret_reason, VARLINK_REASON_SIZE, "error %s is not in the interface", name);
	return false;
}

bool varlink_check_reply(const struct varlink_interface *interface, const char *method,
			 const json_t *reply, char ret_reason[static VARLINK_REASON_SIZE])
{
	const struct varlink_member *m = varlink_find(interface, VARLINK_METHOD, method);
	const json_t *error = json_object_get(reply, "error");

	if (!m) {
		snprintf(ret_reason, VARLINK_REASON_SIZE, "the interface has no method %s", method);
		return false;
	}
	if (error && !json_is_string(error)) {
		snprintf(ret_reason, VARLINK_REASON_SIZE, "error: is no string");
		return false;
	}
	if (error)
		return check_error(interface, reply, json_string_value(error), ret_reason);
	return varlink_check(interface, m->out, json_object_get(reply, "parameters"), ret_reason);
}
