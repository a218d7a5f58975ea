/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * varlink_parse.c owns the reading of a Varlink interface definition, strictly: what it takes, other
 * readers take too.
 *
 *     interface = "interface" NAME member+
 *     member    = "type" Name struct | "method" Name struct "->" struct | "error" Name struct
 *     struct    = "(" [field {"," field}] ")"       field = name [":" type], all or none with a type
 *     type      = ["?"] ("[]" type | "[string]" type | word | struct)
 */
#include "tests/control/varlink_check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const char *at;
	int line;
	char *reason;
	bool bad;
};

static void bad(struct parser *p, const char *what)
{
	if (!p->bad)
		snprintf(p->reason, VARLINK_REASON_SIZE, "line %d: %s", p->line, what);
	p->bad = true;
}

static void skip_blanks(struct parser *p)
{
	for (;; p->at++) {
		if (*p->at == '#')
			p->at += strcspn(p->at, "\n");
		if (*p->at == '\0' || !strchr(" \t\r\n", *p->at))
			return;
		p->line += *p->at == '\n';
	}
}

static bool take(struct parser *p, const char *token)
{
	size_t n = strlen(token);

	skip_blanks(p);
	if (p->bad || strncmp(p->at, token, n) != 0)
		return false;
	p->at += n;
	return true;
}

static void need(struct parser *p, const char *token)
{
	char what[64];

	snprintf(what, sizeof(what), "expected %s", token);
	if (!take(p, token))
		bad(p, what);
}

/* [A-Za-z](_?[A-Za-z0-9])* */
static char *take_name(struct parser *p, bool upper)
{
	const char *start;

	skip_blanks(p);
	start = p->at;
	if (upper ? !isupper((unsigned char)*start) : !isalpha((unsigned char)*start)) {
		bad(p, upper ? "expected a name with a capital letter" : "expected a name");
		return strdup("");
	}
	while (isalnum((unsigned char)*p->at) ||
	       (!upper && *p->at == '_' && isalnum((unsigned char)p->at[1])))
		p->at++;
	return strndup(start, (size_t)(p->at - start));
}

static struct varlink_type *parse_type(struct parser *p);

static void parse_field(struct parser *p, struct varlink_type *type)
{
	struct varlink_field *f;

	type->fields = realloc(type->fields, (type->n_fields + 1) * sizeof(*f));
	f = &type->fields[type->n_fields];
	*f = (struct varlink_field){ .name = take_name(p, false) };
	for (size_t i = 0; i < type->n_fields; i++)
		if (strcmp(type->fields[i].name, f->name) == 0)
			bad(p, "a field with the same name stands before");
	if (take(p, ":"))
		f->type = parse_type(p);
	if (type->n_fields == 0)
		type->kind = f->type ? VARLINK_STRUCT : VARLINK_ENUM;
	else if (!f->type != (type->kind == VARLINK_ENUM))
		bad(p, "fields with and without a type");
	type->n_fields++;
}

static struct varlink_type *parse_struct(struct parser *p)
{
	struct varlink_type *type = calloc(1, sizeof(*type));

	type->kind = VARLINK_STRUCT;
	need(p, "(");
	if (take(p, ")"))
		return type;
	do
		parse_field(p, type);
	while (take(p, ","));
	need(p, ")");
	return type;
}

static struct varlink_type *around(enum varlink_kind kind, struct varlink_type *element)
{
	struct varlink_type *type = calloc(1, sizeof(*type));

	type->kind = kind;
	type->element = element;
	return type;
}

static struct varlink_type *parse_word(struct parser *p)
{
	static const char *const words[] = { "bool", "int", "float", "string", "object" };
	struct varlink_type *type = calloc(1, sizeof(*type));

	type->kind = VARLINK_NAMED;
	type->name = take_name(p, false);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(type->name, words[i]) == 0)
			type->kind = (enum varlink_kind)i;
	return type;
}

static struct varlink_type *parse_type(struct parser *p)
{
	if (take(p, "?")) {
		if (take(p, "?"))
			bad(p, "?? is no type");
		return around(VARLINK_OPTIONAL, parse_type(p));
	}
	if (take(p, "[]"))
		return around(VARLINK_ARRAY, parse_type(p));
	if (take(p, "[string]"))
		return around(VARLINK_MAP, parse_type(p));
	skip_blanks(p);
	return *p->at == '(' ? parse_struct(p) : parse_word(p);
}

static void parse_member(struct parser *p, struct varlink_interface *interface)
{
	struct varlink_member *m;

	interface->members = realloc(interface->members, (interface->n_members + 1) * sizeof(*m));
	m = &interface->members[interface->n_members++];
	*m = (struct varlink_member){ .kind = VARLINK_TYPE };
	if (take(p, "method "))
		m->kind = VARLINK_METHOD;
	else if (take(p, "error "))
		m->kind = VARLINK_ERROR;
	else if (!take(p, "type "))
		bad(p, "expected type, method or error");
	m->name = take_name(p, true);
	m->in = parse_struct(p);
	if (m->kind != VARLINK_METHOD)
		return;
	need(p, "->");
	m->out = parse_struct(p);
}

static void check_names(struct parser *p, const struct varlink_interface *interface,
			const struct varlink_type *type)
{
	if (!type)
		return;
	if (type->kind == VARLINK_NAMED && !varlink_find(interface, VARLINK_TYPE, type->name)) {
		snprintf(p->reason, VARLINK_REASON_SIZE, "type %s is not defined", type->name);
		p->bad = true;
	}
	check_names(p, interface, type->element);
	for (size_t i = 0; i < type->n_fields; i++)
		check_names(p, interface, type->fields[i].type);
}

static void check_all_names(struct parser *p, const struct varlink_interface *interface)
{
	for (size_t i = 0; i < interface->n_members && !p->bad; i++) {
		check_names(p, interface, interface->members[i].in);
		check_names(p, interface, interface->members[i].out);
		if (!p->bad && varlink_find(interface, interface->members[i].kind,
					    interface->members[i].name) != &interface->members[i])
			bad(p, "a member is defined twice");
	}
}

bool varlink_parse(const char *text, struct varlink_interface **ret_interface,
		   char ret_reason[static VARLINK_REASON_SIZE])
{
	struct parser p = { .at = text, .line = 1, .reason = ret_reason };
	struct varlink_interface *interface = calloc(1, sizeof(*interface));
	size_t n;

	need(&p, "interface ");
	n = strspn(p.at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	interface->name = strndup(p.at, n);
	p.at += n;
	if (n == 0)
		bad(&p, "expected the interface's name");
	for (skip_blanks(&p); !p.bad && *p.at; skip_blanks(&p))
		parse_member(&p, interface);
	if (!p.bad)
		check_all_names(&p, interface);
	if (p.bad) {
		varlink_free(interface);
		return false;
	}
	*ret_interface = interface;
	return true;
}

static void free_type(struct varlink_type *type)
{
	if (!type)
		return;
	for (size_t i = 0; i < type->n_fields; i++) {
		free(type->fields[i].name);
		free_type(type->fields[i].type);
	}
	free(type->fields);
	free_type(type->element);
	free(type->name);
	free(type);
}

struct varlink_interface *varlink_free(struct varlink_interface *interface)
{
	if (!interface)
		return NULL;
	for (size_t i = 0; i < interface->n_members; i++) {
		free(interface->members[i].name);
		free_type(interface->members[i].in);
		free_type(interface->members[i].out);
	}
	free(interface->members);
	free(interface->name);
	free(interface);
	return NULL;
}
