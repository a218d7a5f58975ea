/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * report_answer.c: what a search finds is the server's business, so the first answer is held to its
 * form, and every other one to the first. What repeats our own bytes is held to them.
 */
#include "multiconn/report_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/message.h"
#include "echod/repr.h"

enum {
	CONTENT_MAX = 64 << 20,
	REFLECTED_MAX = 65536,
	ECHOED_BYTES = 10
};

static enum expect_verdict wrong(struct expect_finding *finding, size_t right, const char *wanted)
{
	*finding = (struct expect_finding){ right, wanted };
	return EXPECT_WRONG;
}

/* ---- message ---- */

static const char *check_json(const struct message *m)
{
	json_t *content = json_loadb((const char *)m->content, m->content_length, 0, NULL);
	const bool has_result = json_is_string(json_object_get(content, "result"));

	json_decref(content);
	return has_result ? NULL : "a content with a text result";
}

static const char *check_binary(const struct expect *e, const struct message *m)
{
	char expected[64] = "First 10 bytes of request: ";
	const size_t start = strlen(expected);

	snprintf(expected + start, ECHOED_BYTES + 1, "%s%s", e->action, e->value);
	if (m->content_length != strlen(expected) ||
	    memcmp(m->content, expected, m->content_length) != 0)
		return "the first 10 bytes of the request";
	return NULL;
}

/* What is wrong with it, or NULL. Another action than search is sent as bytes. */
static const char *check_message(const struct expect *e, const struct message *m)
{
	const bool is_search = strcmp(e->action, "search") == 0;
	const char *type = is_search ? "text/json" : "binary/custom-server-binary-type";

	if (strcmp(m->type, type) != 0)
		return is_search ? "the type text/json"
				 : "the type binary/custom-server-binary-type";
	return is_search ? check_json(m) : check_binary(e, m);
}

/* Answers to one question are equal. The first one is kept. */
static enum expect_verdict compare_with_first(struct expect *e, const uint8_t *answer, size_t n,
					      struct expect_finding *finding)
{
	const size_t first = buf_length(&e->first);

	if (first == 0 && buf_append(&e->first, answer, n) < 0)
		return wrong(finding, 0, "memory for the first answer");
	if (first > 0 && (first != n || memcmp(buf_data(&e->first), answer, n) != 0))
		return wrong(finding, 0, "the same answer as another connection's");
	finding->right = n;
	return EXPECT_DONE;
}

enum expect_verdict report_answer_judge_message(struct expect *e, const uint8_t *answer, size_t n,
						struct expect_finding *ret_finding)
{
	const char *fault = "memory for the answer";
	enum expect_verdict verdict = EXPECT_WRONG;
	struct message m;
	size_t needed;
	int r = message_read(answer, n, CONTENT_MAX, &m, &needed, &fault);

	*ret_finding = (struct expect_finding){ .right = n };
	if (r == 0)
		return EXPECT_MORE;
	if (r < 0)
		return wrong(ret_finding, 0, r == -EPROTO ? "a right message" : fault);
	fault = check_message(e, &m);
	if (fault)
		wrong(ret_finding, m.length - m.content_length, fault);
	else if (n > m.length)
		wrong(ret_finding, m.length, "nothing more");
	else
		verdict = compare_with_first(e, answer, n, ret_finding);
	message_fini(&m);
	return verdict;
}

/* ---- reflect ---- */

enum expect_verdict report_answer_judge_reflect(struct expect *e UNUSED, const uint8_t *answer,
						size_t n, struct expect_finding *ret_finding)
{
	const uint8_t *end = memchr(answer, '\n', n);
	json_t *json;
	bool is_object;

	*ret_finding = (struct expect_finding){ .right = n };
	if (!end)
		return n > REFLECTED_MAX
			   ? wrong(ret_finding, REFLECTED_MAX, "the line's end before")
			   : EXPECT_MORE;
	if (end < answer + n - 1)
		return wrong(ret_finding, (size_t)(end + 1 - answer), "nothing more");
	json = json_loadb((const char *)answer, n, JSON_REJECT_DUPLICATES, NULL);
	is_object = json_is_object(json);
	json_decref(json);
	return is_object ? EXPECT_DONE : wrong(ret_finding, 0, "a line with a JSON object");
}

/* ---- As Python shows it ---- */

static void print_value(FILE *out, const json_t *value);

static void print_object(FILE *out, const json_t *object)
{
	const char *separator = "", *key;
	json_t *value;

	fputc('{', out);
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		fputs(separator, out);
		repr_text(out, key);
		fputs(": ", out);
		print_value(out, value);
		separator = ", ";
	}
	fputc('}', out);
}

static void print_array(FILE *out, const json_t *array)
{
	fputc('[', out);
	for (size_t i = 0; i < json_array_size(array); i++) {
		fputs(i > 0 ? ", " : "", out);
		print_value(out, json_array_get(array, i));
	}
	fputc(']', out);
}

static void print_value(FILE *out, const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_OBJECT:
		print_object(out, value);
		break;
	case JSON_ARRAY:
		print_array(out, value);
		break;
	case JSON_STRING:
		repr_text(out, json_string_value(value));
		break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(out, "%.17g", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("True", out);
		break;
	case JSON_FALSE:
		fputs("False", out);
		break;
	default:
		fputs("None", out);
	}
}

/* A terminal obeys these: C0, DEL, and in UTF-8 C1. How many bytes it has; 0 = it is none. */
static size_t control_character(const char *text)
{
	const uint8_t *bytes = (const uint8_t *)text;

	if (bytes[0] < ' ' || bytes[0] == 0x7f)
		return 1;
	return bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] < 0xa0 ? 2 : 0;
}

/* A text itself, as print() does, but that it cannot move the cursor. */
static void print_text(FILE *out, const char *text)
{
	while (*text) {
		const size_t n = control_character(text);

		if (n > 0)
			fprintf(out, "\\x%02x", (unsigned)(uint8_t)text[n - 1]);
		else
			fputc(*text, out);
		text += n > 0 ? n : 1;
	}
}

static void print_json(FILE *out, const struct message *m, const struct net_address *address)
{
	json_t *content = json_loadb((const char *)m->content, m->content_length, 0, NULL);
	const json_t *result = json_object_get(content, "result");

	fputs("received response ", out);
	print_value(out, content);
	fputs(" from ", out);
	repr_address(out, address);
	fputs("\ngot result: ", out);
	if (json_is_string(result))
		print_text(out, json_string_value(result));
	else
		print_value(out, result);
	fputc('\n', out);
	json_decref(content);
}

static void print_binary(FILE *out, const struct message *m, const struct net_address *address)
{
	fputs("received ", out);
	print_text(out, m->type);
	fputs(" response from ", out);
	repr_address(out, address);
	fputs("\ngot response: ", out);
	repr_bytes(out, m->content, m->content_length);
	fputc('\n', out);
}

void report_answer_print(FILE *out, const uint8_t *answer, size_t n,
			 const struct net_address *address)
{
	const char *fault;
	struct message m;
	size_t needed;

	if (message_read(answer, n, CONTENT_MAX, &m, &needed, &fault) != 1)
		return;
	if (strcmp(m.type, "text/json") == 0)
		print_json(out, &m, address);
	else
		print_binary(out, &m, address);
	message_fini(&m);
}
