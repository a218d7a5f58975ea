/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_verbs: the table of methods and the published interface text say the same; and the checker
 * that says so of replies sees what is wrong.
 */
#include "tests/cmocka_all.h"

#include <string.h>

#include "echod/verbs.h"
#include "tests/control/varlink_check.h"

static struct varlink_interface *parse(const char *text)
{
	struct varlink_interface *interface = NULL;
	char reason[VARLINK_REASON_SIZE] = "";

	if (!varlink_parse(text, &interface, reason))
		fail_msg("%s", reason);
	return interface;
}

/* A type with a name is what it stands for: on the wire an object. */
static enum varlink_kind kind_on_the_wire(const struct varlink_type *type)
{
	return type->kind == VARLINK_NAMED ? VARLINK_OBJECT : type->kind;
}

static enum varlink_kind kind_of(json_type type)
{
	switch (type) {
	case JSON_TRUE:
		return VARLINK_BOOL;
	case JSON_INTEGER:
		return VARLINK_INT;
	case JSON_REAL:
		return VARLINK_FLOAT;
	case JSON_STRING:
		return VARLINK_STRING;
	case JSON_ARRAY:
		return VARLINK_ARRAY;
	default:
		return VARLINK_OBJECT;
	}
}

static size_t check_parameters(const struct verb_method_row *row, const struct varlink_type *in)
{
	size_t n = 0;

	for (; n < CONTROL_PARAMETERS_MAX && row->parameters[n].name; n++) {
		const struct control_parameter *p = &row->parameters[n];
		const struct varlink_field *f = varlink_field(in, p->name);
		const struct varlink_type *type;

		assert_non_null(f);
		type = f->type;
		assert_int_equal(type->kind == VARLINK_OPTIONAL, p->optional);
		if (p->optional)
			type = type->element;
		assert_int_equal(kind_on_the_wire(type), kind_of(p->type));
	}
	return n;
}

static void test_interface_then_has_the_methods_of_the_table(void **state)
{
	struct varlink_interface *interface = parse(verb_interface);
	size_t methods = 0;

	(void)state;
	assert_string_equal(interface->name, CONTROL_INTERFACE);
	for (size_t i = 0; i < interface->n_members; i++)
		methods += interface->members[i].kind == VARLINK_METHOD;
	assert_int_equal(methods, METHODS);
	for (size_t i = 0; i < METHODS; i++) {
		const struct varlink_member *m =
		    varlink_find(interface, VARLINK_METHOD, verb_methods[i].name);

		assert_non_null(m);
		assert_int_equal(check_parameters(&verb_methods[i], m->in), m->in->n_fields);
	}
	varlink_free(interface);
}

static void start_nothing(struct control_call *call, void *user)
{
	(void)call;
	(void)user;
}

static void test_bind_then_each_row_has_its_function(void **state)
{
	void (*starts[METHODS])(struct control_call * call, void *user);
	struct control_method methods[METHODS];

	(void)state;
	for (size_t i = 0; i < METHODS; i++)
		starts[i] = start_nothing;
	verbs_bind(starts, methods);
	for (size_t i = 0; i < METHODS; i++) {
		assert_string_equal(methods[i].name, verb_methods[i].name);
		assert_int_equal(methods[i].right, verb_methods[i].right);
		assert_ptr_equal(methods[i].start, start_nothing);
	}
	assert_int_equal(methods[METHOD_PING].right, CONTROL_READ);
	assert_int_equal(methods[METHOD_STOP].right, CONTROL_ADMIN);
	assert_string_equal(methods[METHOD_STOP].parameters[0].name, "now");
}

/* ---- The checker ---- */

static const char sample[] =
    "interface a.b\n"
    "# a type\n"
    "type Row (name: string, size: ?int)\n"
    "type Colour (red, green)\n"
    "method Get() -> (rows: []Row, sums: [string]int, on: bool, c: ?Colour)\n"
    "error Lost (where: string)";

static void check_reply(const char *text, const char *reason)
{
	struct varlink_interface *interface = parse(sample);
	json_t *reply = json_loads(text, 0, NULL);
	char got[VARLINK_REASON_SIZE] = "";

	assert_non_null(reply);
	assert_int_equal(varlink_check_reply(interface, "Get", reply, got), reason[0] == '\0');
	assert_string_equal(got, reason);
	json_decref(reply);
	varlink_free(interface);
}

static void test_reply_when_it_is_what_the_interface_says_then_passes(void **state)
{
	(void)state;
	check_reply("{\"parameters\":{\"rows\":[],\"sums\":{},\"on\":true}}", "");
	check_reply("{\"parameters\":{\"rows\":[{\"name\":\"\",\"size\":null},{\"name\":\"x\","
		    "\"size\":1}],\"sums\":{\"a\":1},\"on\":false,\"c\":\"red\"}}",
		    "");
	check_reply("{\"error\":\"a.b.Lost\",\"parameters\":{\"where\":\"there\"}}", "");
	check_reply("{\"error\":\"org.varlink.service.PermissionDenied\"}", "");
}

static void test_reply_when_something_is_wrong_then_its_path_is_named(void **state)
{
	(void)state;
	check_reply("{}", "parameters: is missing");
	check_reply("{\"parameters\":{\"sums\":{},\"on\":true}}", "rows: is missing");
	check_reply("{\"parameters\":{\"rows\":{},\"sums\":{},\"on\":true}}", "rows: is no array");
	check_reply("{\"parameters\":{\"rows\":[{\"name\":1}],\"sums\":{},\"on\":true}}",
		    "rows[0].name: is no string");
	check_reply("{\"parameters\":{\"rows\":[],\"sums\":{\"a\":1.5},\"on\":true}}",
		    "sums[a]: is no int");
	check_reply("{\"parameters\":{\"rows\":[],\"sums\":{},\"on\":1}}", "on: is no bool");
	check_reply("{\"parameters\":{\"rows\":[],\"sums\":{},\"on\":true,\"c\":\"blue\"}}",
		    "c: is no such word");
	check_reply("{\"parameters\":{\"rows\":[],\"sums\":{},\"on\":true,\"new\":1}}",
		    "new: is not in the interface");
	check_reply("{\"error\":\"a.b.Found\"}", "error a.b.Found is not in the interface");
	check_reply("{\"error\":\"a.b.Lost\",\"parameters\":{}}", "where: is missing");
	check_reply("{\"error\":\"org.varlink.service.Lost\"}",
		    "there is no error org.varlink.service.Lost");
	check_reply("{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{}}",
		    "org.varlink.service.MethodNotFound does not hold method alone");
	check_reply("{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{\"x\":1}}",
		    "org.varlink.service.ExpectedMore does not hold nothing alone");
}

static void test_interface_when_malformed_then_the_line_is_named(void **state)
{
	static const char *const bad[][2] = {
		{ "method A() -> ()", "line 1: expected interface " },
		{ "interface a.b\nmethod a() -> ()",
		  "line 2: expected a name with a capital letter" },
		{ "interface a.b\nmethod A() ()", "line 2: expected ->" },
		{ "interface a.b\ntype T (a_: int)", "line 2: expected )" },
		{ "interface a.b\ntype T (a: int, b)", "line 2: fields with and without a type" },
		{ "interface a.b\ntype T (a: U)", "type U is not defined" },
		{ "interface a.b\ntype T ()\ntype T ()", "line 3: a member is defined twice" },
	};
	struct varlink_interface *interface;
	char reason[VARLINK_REASON_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		assert_false(varlink_parse(bad[i][0], &interface, reason));
		assert_string_equal(reason, bad[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interface_then_has_the_methods_of_the_table),
		cmocka_unit_test(test_bind_then_each_row_has_its_function),
		cmocka_unit_test(test_reply_when_it_is_what_the_interface_says_then_passes),
		cmocka_unit_test(test_reply_when_something_is_wrong_then_its_path_is_named),
		cmocka_unit_test(test_interface_when_malformed_then_the_line_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
