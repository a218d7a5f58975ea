/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
#include "tests/service/service_rig.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "echod/message.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ORDER "little"
#else
#define ORDER "big"
#endif

static const struct message_settings once = { .max_content = 1000 };
static const struct message_settings many = { .keep_alive = true, .max_content = 1000 };

static struct service_rig rig_of(const struct message_settings *settings)
{
	return (struct service_rig){ .service = &service_message,
				     .room = 4096,
				     .ctx = { .settings = settings } };
}

static size_t frame(uint8_t *bytes, const char *header, const char *content)
{
	const size_t n = strlen(header);

	bytes[0] = (uint8_t)(n >> 8);
	bytes[1] = (uint8_t)n;
	memcpy(bytes + 2, header, n);
	memcpy(bytes + 2 + n, content, strlen(content));
	return 2 + n + strlen(content);
}

/* A header that says text/json in UTF-8, before this content. */
static size_t json_frame(uint8_t *bytes, const char *content)
{
	char header[200];

	snprintf(header, sizeof(header),
		 "{\"byteorder\": \"big\", \"content-type\": \"text/json\", "
		 "\"content-encoding\": \"utf-8\", \"content-length\": %zu}",
		 strlen(content));
	return frame(bytes, header, content);
}

/* The answer is one message; its content, parsed. */
static json_t *answer_of(const struct buf *out)
{
	struct message message;
	const char *fault;
	size_t length;
	json_t *json;

	assert_int_equal(
	    message_read(buf_data(out), buf_length(out), 4000, &message, &length, &fault), 1);
	assert_int_equal(message.length, buf_length(out));
	assert_string_equal(message.type, "text/json");
	assert_string_equal(message.encoding, "utf-8");
	json = json_loadb((const char *)message.content, message.content_length, 0, NULL);
	assert_non_null(json);
	message_fini(&message);
	return json;
}

static void expect_answer(const struct service_rig *rig, const char *key, const char *text)
{
	json_t *json = answer_of(&rig->out);

	assert_int_equal(json_object_size(json), 1);
	assert_string_equal(json_string_value(json_object_get(json, key)), text);
	json_decref(json);
}

static void ask_once(const char *content, int verdict, const char *key, const char *text)
{
	struct service_rig rig = rig_of(&once);
	uint8_t bytes[2000];

	assert_int_equal(rig_input(&rig, bytes, json_frame(bytes, content), false), verdict);
	assert_int_equal(rig.n_kept, 0);
	expect_answer(&rig, key, text);
	rig_fini(&rig);
}

/* ---- Answers ---- */

static void test_message_search_then_the_tutorials_bytes(void **state)
{
	struct service_rig rig = rig_of(&once);
	static const char content[] = "{\"result\": \"Follow the white rabbit. 🐰\"}";
	uint8_t request[500], expected[500];
	size_t n;

	(void)state;
	n = json_frame(request, "{\"action\": \"search\", \"value\": \"morpheus\"}");
	assert_int_equal(rig_input(&rig, request, n, false), SERVICE_CLOSE);
	n = frame(expected,
		  "{\"byteorder\": \"" ORDER "\", \"content-type\": \"text/json\", "
		  "\"content-encoding\": \"utf-8\", \"content-length\": 43}",
		  content);
	rig_expect(&rig, expected, n);
	rig_fini(&rig);
}

static void test_message_search_then_found_or_not(void **state)
{
	(void)state;
	ask_once("{\"action\": \"search\", \"value\": \"ring\"}", SERVICE_CLOSE, "result",
		 "In the caves beneath the Misty Mountains. 💍");
	ask_once("{\"value\": \"🐶\", \"action\": \"search\", \"more\": []}", SERVICE_CLOSE,
		 "result", "🐾 Playing ball! 🏐");
	ask_once("{\"action\": \"search\", \"value\": \"Ring\"}", SERVICE_CLOSE, "result",
		 "No match for 'Ring'.");
	ask_once("{\"action\": \"search\", \"value\": \"\"}", SERVICE_CLOSE, "result",
		 "No match for ''.");
	ask_once("{\"action\": \"find\"}", SERVICE_CLOSE, "result",
		 "Error: invalid action 'find'.");
}

static void test_message_other_type_then_its_first_ten_bytes(void **state)
{
	static const char *const contents[] = { "searchabcdef", "0123456789", "abc", "" };
	static const char *const firsts[] = { "searchabcd", "0123456789", "abc", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(contents); i++) {
		struct service_rig rig = rig_of(&once);
		uint8_t bytes[500], expected[500];
		char header[200], content[100];

		snprintf(
		    header, sizeof(header),
		    "{\"byteorder\":\"little\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		    "\"content-length\":%zu}",
		    strlen(contents[i]));
		assert_int_equal(rig_input(&rig, bytes, frame(bytes, header, contents[i]), false),
				 SERVICE_CLOSE);
		snprintf(content, sizeof(content), "First 10 bytes of request: %s", firsts[i]);
		snprintf(header, sizeof(header),
			 "{\"byteorder\": \"" ORDER "\", \"content-type\": "
			 "\"binary/custom-server-binary-type\", \"content-encoding\": \"binary\", "
			 "\"content-length\": %zu}",
			 strlen(content));
		rig_expect(&rig, expected, frame(expected, header, content));
		rig_fini(&rig);
	}
}

static void test_message_dictionary_then_instead_of_the_tutorials(void **state)
{
	json_t *dictionary = json_pack("{s:s}", "a", "b\n\"c");
	const struct message_settings settings = { .max_content = 1000, .dictionary = dictionary };
	struct service_rig rig = rig_of(&settings);
	uint8_t bytes[500];
	size_t n;

	(void)state;
	n = json_frame(bytes, "{\"action\": \"search\", \"value\": \"a\"}");
	assert_int_equal(rig_input(&rig, bytes, n, false), SERVICE_CLOSE);
	expect_answer(&rig, "result", "b\n\"c");
	rig_fini(&rig);
	n = json_frame(bytes, "{\"action\": \"search\", \"value\": \"ring\"}");
	assert_int_equal(rig_input(&rig, bytes, n, false), SERVICE_CLOSE);
	expect_answer(&rig, "result", "No match for 'ring'.");
	rig_fini(&rig);
	json_decref(dictionary);
}

/* ---- Breaches ---- */

static void test_message_content_when_wrong_then_an_error_and_the_end(void **state)
{
	static const char no_object[] = "the content is not a JSON object in UTF-8";

	(void)state;
	ask_once("", -EPROTO, "error", no_object);
	ask_once("[]", -EPROTO, "error", no_object);
	ask_once("{", -EPROTO, "error", no_object);
	ask_once("{\"action\": \"\xff\"}", -EPROTO, "error", no_object);
	ask_once("{\"action\": \"a\"} {}", -EPROTO, "error", no_object);
	ask_once("{\"action\": \"a\", \"action\": \"b\"}", -EPROTO, "error",
		 "the content has a name twice");
	ask_once("{\"action\": \"a\\u0000\"}", -EPROTO, "error",
		 "the content has a text with a NUL");
	ask_once("{\"a\\u0000\": \"a\"}", -EPROTO, "error", "the content has a name with a NUL");
	ask_once("{\"n\": 9223372036854775808}", -EPROTO, "error",
		 "the content has a number out of range");
	ask_once("{\"n\": 1e999}", -EPROTO, "error", "the content has a number out of range");
	ask_once("{}", -EPROTO, "error", "the content has no text action");
	ask_once("{\"action\": 1}", -EPROTO, "error", "the content has no text action");
	ask_once("{\"action\": \"search\"}", -EPROTO, "error",
		 "the content has no text value to search for");
	ask_once("{\"action\": \"search\", \"value\": null}", -EPROTO, "error",
		 "the content has no text value to search for");
}

/* More arrays in each other than there is patience for. */
static void test_message_content_when_nested_deeply_then_an_error_that_says_so(void **state)
{
	char content[2200] = "{\"a\":";
	const size_t before = strlen(content);
	const struct message_settings settings = { .max_content = sizeof(content) };
	struct service_rig rig = rig_of(&settings);
	uint8_t bytes[sizeof(content) + 500];
	size_t n;

	(void)state;
	memset(content + before, '[', 2100);
	n = json_frame(bytes, content);
	assert_int_equal(rig_input(&rig, bytes, n, false), -EPROTO);
	expect_answer(&rig, "error", "the content is nested too deeply");
	rig_fini(&rig);
}

static void test_message_header_when_wrong_then_an_error_and_the_end(void **state)
{
	static const char *const headers[] = {
		"",
		"{",
		"[]",
		"\"text\"",
		"{}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\"}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-length\":0}",
		"{\"byteorder\":\"big\",\"content-encoding\":\"b\",\"content-length\":0}",
		"{\"content-type\":\"a\",\"content-encoding\":\"b\",\"content-length\":0}",
		"{\"byteorder\":\"middle\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":0}",
		"{\"byteorder\":1,\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":0}",
		"{\"byteorder\":\"big\",\"content-type\":1,\"content-encoding\":\"b\","
		"\"content-length\":0}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":{},"
		"\"content-length\":0}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":\"0\"}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":-1}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":1.0}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":1001}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":18446744073709551616}",
		"{\"byteorder\":\"big\",\"content-type\":\"text/json\",\"content-encoding\":\"latin-1\","
		"\"content-length\":2}",
		"{\"byteorder\":\"big\",\"content-type\":\"text/json\",\"content-encoding\":\"utf-8x\","
		"\"content-length\":2}",
		"{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		"\"content-length\":0,\"content-length\":2}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(headers); i++) {
		struct service_rig rig = rig_of(&many);
		uint8_t bytes[500];
		const size_t n = frame(bytes, headers[i], "");
		json_t *answer;

		/* Known as soon as the header is, whatever follows. */
		assert_int_equal(rig_input(&rig, bytes, n - 1, false), SERVICE_MORE);
		assert_int_equal(rig_input(&rig, bytes + n - 1, 1, false), -EPROTO);
		answer = answer_of(&rig.out);
		assert_true(json_is_string(json_object_get(answer, "error")));
		json_decref(answer);
		rig_fini(&rig);
	}
}

static void test_message_when_the_peer_ends_in_the_middle_then_an_error(void **state)
{
	uint8_t bytes[500];
	const size_t whole = json_frame(bytes, "{\"action\": \"search\", \"value\": \"ring\"}");

	(void)state;
	for (size_t n = 1; n < whole; n++) {
		struct service_rig rig = rig_of(&many);

		assert_int_equal(rig_input(&rig, bytes, n, true), -EPROTO);
		expect_answer(&rig, "error", "the message ended in the middle");
		rig_fini(&rig);
		/* The same when it ends later. */
		rig = rig_of(&many);
		assert_int_equal(rig_input(&rig, bytes, n, false), SERVICE_MORE);
		assert_int_equal(rig_input(&rig, "", 0, true), -EPROTO);
		expect_answer(&rig, "error", "the message ended in the middle");
		rig_fini(&rig);
	}
}

static void test_message_when_the_peer_ends_between_messages_then_nothing(void **state)
{
	struct service_rig rig = rig_of(&many);

	(void)state;
	assert_int_equal(rig_input(&rig, "", 0, true), SERVICE_MORE);
	rig_expect(&rig, NULL, 0);
}

/* ---- Pieces ---- */

/* Three requests; how long they are. */
static size_t pipeline(uint8_t *bytes)
{
	size_t n = json_frame(bytes, "{\"action\": \"search\", \"value\": \"ring\"}");

	n += frame(bytes + n,
		   "{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		   "\"content-length\":2}",
		   "xy");
	return n + json_frame(bytes + n, "{\"action\": \"search\", \"value\": \"nothing\"}");
}

static void expect_stream(struct service_rig *rig, const struct buf *expected)
{
	rig_expect(rig, buf_data(expected), buf_length(expected));
	rig_fini(rig);
}

static void test_message_in_any_pieces_then_the_same_answers(void **state)
{
	struct service_rig whole = rig_of(&many);
	uint8_t bytes[1000];
	const size_t n = pipeline(bytes);

	(void)state;
	assert_int_equal(rig_input(&whole, bytes, n, false), SERVICE_MORE);
	assert_int_equal(whole.n_kept, 0);
	for (size_t piece = 1; piece < n; piece++) {
		struct service_rig rig = rig_of(&many);

		for (size_t at = 0; at < n; at += piece)
			assert_int_equal(
			    rig_input(&rig, bytes + at, n - at < piece ? n - at : piece, false),
			    SERVICE_MORE);
		assert_int_equal(rig.n_kept, 0);
		expect_stream(&rig, &whole.out);
	}
	rig_fini(&whole);
}

/* Takes what is out, room by room, and asks again. */
static void drain(struct service_rig *rig, size_t taken, struct buf *ret_all)
{
	bool progress = true;

	while (progress || rig->n_kept > 0) {
		const size_t length = buf_length(&rig->out), n = length < taken ? length : taken;

		assert_true(length <= rig->room);
		assert_true(n > 0 || rig->n_kept == 0);
		if (n > 0) {
			buf_append(ret_all, buf_data(&rig->out), n);
			buf_consume(&rig->out, n);
		}
		progress = n > 0;
		if (rig->n_kept > 0)
			assert_int_equal(rig_input(rig, "", 0, true), SERVICE_MORE);
	}
}

static void test_message_when_room_is_short_then_the_same_answers_in_time(void **state)
{
	struct service_rig whole = rig_of(&many);
	uint8_t bytes[1000];
	const size_t n = pipeline(bytes);

	(void)state;
	assert_int_equal(rig_input(&whole, bytes, n, false), SERVICE_MORE);
	for (size_t room = 180; room < 600; room += 7)
		for (size_t taken = 1; taken < 300; taken += 11) {
			struct service_rig rig = rig_of(&many);
			struct buf all = { 0 };

			rig.room = room;
			assert_int_equal(rig_input(&rig, bytes, n, true), SERVICE_MORE);
			drain(&rig, taken, &all);
			assert_int_equal(buf_length(&all), buf_length(&whole.out));
			assert_memory_equal(buf_data(&all), buf_data(&whole.out), buf_length(&all));
			buf_fini(&all);
			rig_fini(&rig);
		}
	rig_fini(&whole);
}

static void test_message_answer_longer_than_all_the_room_then_in_parts(void **state)
{
	char content[900];
	uint8_t bytes[1200];
	size_t n;

	(void)state;
	n = (size_t)sprintf(content, "{\"action\": \"search\", \"value\": \"");
	memset(content + n, 'x', 700);
	strcpy(content + n + 700, "\"}");
	n = json_frame(bytes, content);
	for (size_t room = 1; room < 1000; room += 37) {
		/* That a reload has a word for it meanwhile changes nothing. */
		json_t *dictionary = json_object();
		struct message_settings settings = many;
		struct service_rig rig = rig_of(&settings);
		struct buf all = { 0 };

		rig.room = room;
		settings.dictionary = dictionary;
		assert_int_equal(rig_input(&rig, bytes, n, false), SERVICE_MORE);
		content[31 + 700] = '\0';
		json_object_set_new(dictionary, content + 31, json_string("found"));
		content[31 + 700] = '"';
		settings.max_content = room > 500 ? 1000 : 1;
		drain(&rig, room, &all);
		rig.out = all;
		assert_memory_equal(buf_data(&all) + buf_length(&all) - 5, "x'.\"}", 5);
		rig_fini(&rig);
		json_decref(dictionary);
	}
}

/* A reload may change it between two parts, so what the dictionary says waits for room for all. */
static void test_message_from_the_dictionary_then_never_in_parts(void **state)
{
	struct service_rig rig = rig_of(&once);
	uint8_t bytes[500];
	const size_t n = json_frame(bytes, "{\"action\": \"search\", \"value\": \"ring\"}");

	(void)state;
	rig.room = 164; /* all but one byte */
	assert_int_equal(rig_input(&rig, bytes, n, false), SERVICE_MORE);
	rig_expect(&rig, NULL, 0);
	rig.room = 165;
	assert_int_equal(rig_input(&rig, "", 0, false), SERVICE_CLOSE);
	assert_int_equal(buf_length(&rig.out), 165);
	rig_fini(&rig);
}

static void test_message_without_keep_alive_then_the_rest_is_left(void **state)
{
	struct service_rig rig = rig_of(&once);
	uint8_t bytes[1000];
	const size_t n = pipeline(bytes);

	(void)state;
	assert_int_equal(rig_input(&rig, bytes, n, false), SERVICE_CLOSE);
	expect_answer(&rig, "result", "In the caves beneath the Misty Mountains. 💍");
	rig_fini(&rig);
}

static void test_message_datagram_when_the_answer_fits_then_answered(void **state)
{
	uint8_t bytes[500];
	size_t n = json_frame(bytes, "{\"action\": \"search\", \"value\": \"ring\"}");
	struct service_rig rig = rig_of(&once);

	(void)state;
	rig.ctx.datagram = true;
	rig.room = n;
	assert_true(rig_input(&rig, bytes, n, true) >= 0);
	rig_expect(&rig, NULL, 0);
	rig = rig_of(&once);
	rig.ctx.datagram = true;
	assert_int_equal(rig_input(&rig, bytes, n, true), SERVICE_CLOSE);
	expect_answer(&rig, "result", "In the caves beneath the Misty Mountains. 💍");
	rig_fini(&rig);
	/* Nor a part of one that may go out in parts elsewhere. */
	rig = rig_of(&once);
	rig.ctx.datagram = true;
	rig.room = 100;
	n = json_frame(bytes, "{\"action\": \"search\", \"value\": \"nothing\"}");
	assert_true(rig_input(&rig, bytes, n, true) >= 0);
	rig_expect(&rig, NULL, 0);
}

/* Its two bytes of length count in full: blanks fill the header up to each of these. */
static void test_message_header_when_long_then_read_in_full(void **state)
{
	static const size_t lengths[] = { 255, 256, 32767, 32768, 65535 };
	static uint8_t bytes[2 + 65535 + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		const size_t n = lengths[i];
		struct message message;
		const char *fault;
		size_t needed = 0;

		memset(bytes, ' ', sizeof(bytes));
		frame(bytes,
		      "{\"byteorder\":\"big\",\"content-type\":\"a\",\"content-encoding\":\"b\","
		      "\"content-length\":2}",
		      "");
		bytes[0] = (uint8_t)(n >> 8);
		bytes[1] = (uint8_t)n;
		memcpy(bytes + 2 + n, "xy", 2);
		assert_int_equal(message_read(bytes, 2, 2, &message, &needed, &fault), 0);
		assert_int_equal(needed, 2 + n);
		assert_int_equal(message_read(bytes, 2 + n - 1, 2, &message, &needed, &fault), 0);
		assert_int_equal(message_read(bytes, 2 + n, 2, &message, &needed, &fault), 0);
		assert_int_equal(needed, 2 + n + 2);
		assert_int_equal(message_read(bytes, 2 + n + 2, 2, &message, &needed, &fault), 1);
		assert_int_equal(message.length, 2 + n + 2);
		assert_memory_equal(message.content, "xy", 2);
		message_fini(&message);
		assert_int_equal(message_read(bytes, 2 + n, 1, &message, &needed, &fault), -EPROTO);
	}
}

static void test_message_encoding_in_capitals_is_utf_8_too(void **state)
{
	struct service_rig rig = rig_of(&once);
	uint8_t bytes[500];
	const size_t n = frame(bytes,
			       "{\"byteorder\":\"big\",\"content-type\":\"text/json\","
			       "\"content-encoding\":\"UTF-8\",\"content-length\":17}",
			       "{\"action\": \"act\"}");

	(void)state;
	assert_int_equal(rig_input(&rig, bytes, n, false), SERVICE_CLOSE);
	expect_answer(&rig, "result", "Error: invalid action 'act'.");
	rig_fini(&rig);
}

static void test_message_input_limit_is_one_whole_message(void **state)
{
	(void)state;
	assert_int_equal(service_message.input_limit(&once), 2 + 65535 + 1000);
}

/* ---- Requests ---- */

static void test_message_request_then_the_tutorials_bytes(void **state)
{
	struct buf bytes = { 0 };
	uint8_t expected[300];
	size_t n;

	(void)state;
	assert_int_equal(message_write_request(&bytes, "search", "ring"), 0);
	n = frame(expected,
		  "{\"byteorder\": \"" ORDER "\", \"content-type\": \"text/json\", "
		  "\"content-encoding\": \"utf-8\", \"content-length\": 37}",
		  "{\"action\": \"search\", \"value\": \"ring\"}");
	assert_int_equal(buf_length(&bytes), n);
	assert_memory_equal(buf_data(&bytes), expected, n);
	buf_fini(&bytes);
	assert_int_equal(message_write_request(&bytes, "act", "value"), 0);
	n = frame(expected,
		  "{\"byteorder\": \"" ORDER "\", \"content-type\": "
		  "\"binary/custom-client-binary-type\", \"content-encoding\": \"binary\", "
		  "\"content-length\": 8}",
		  "actvalue");
	assert_int_equal(buf_length(&bytes), n);
	assert_memory_equal(buf_data(&bytes), expected, n);
	buf_fini(&bytes);
	assert_int_equal(message_write_request(&bytes, "search", "\xff"), -EINVAL);
	assert_int_equal(buf_length(&bytes), 0);
}

/* The longest type that a header has room for, and one byte more. */
static void test_message_write_when_header_is_long_then_as_far_as_two_bytes_go(void **state)
{
	static char type[65536];
	const char rest[] = "{\"byteorder\": \"" ORDER "\", \"content-type\": \"\", "
			    "\"content-encoding\": \"b\", \"content-length\": 0}";
	const size_t most = 65535 - (sizeof(rest) - 1);
	struct buf bytes = { 0 };

	(void)state;
	memset(type, 'x', most);
	assert_int_equal(message_write(&bytes, type, "b", NULL, 0), 0);
	assert_int_equal(buf_length(&bytes), 2 + 65535);
	assert_memory_equal(buf_data(&bytes), "\xff\xff{", 3);
	buf_fini(&bytes);
	type[most] = 'x';
	assert_int_equal(message_write(&bytes, type, "b", NULL, 0), -EINVAL);
	assert_int_equal(buf_length(&bytes), 0);
	type[300] = '\0';
	assert_int_equal(message_write(&bytes, type, "b", NULL, 0), 0);
	assert_int_equal(buf_data(&bytes)[0] << 8 | buf_data(&bytes)[1], buf_length(&bytes) - 2);
	buf_fini(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_search_then_the_tutorials_bytes),
		cmocka_unit_test(test_message_search_then_found_or_not),
		cmocka_unit_test(test_message_other_type_then_its_first_ten_bytes),
		cmocka_unit_test(test_message_dictionary_then_instead_of_the_tutorials),
		cmocka_unit_test(test_message_content_when_wrong_then_an_error_and_the_end),
		cmocka_unit_test(
		    test_message_content_when_nested_deeply_then_an_error_that_says_so),
		cmocka_unit_test(test_message_header_when_wrong_then_an_error_and_the_end),
		cmocka_unit_test(test_message_when_the_peer_ends_in_the_middle_then_an_error),
		cmocka_unit_test(test_message_when_the_peer_ends_between_messages_then_nothing),
		cmocka_unit_test(test_message_in_any_pieces_then_the_same_answers),
		cmocka_unit_test(test_message_when_room_is_short_then_the_same_answers_in_time),
		cmocka_unit_test(test_message_answer_longer_than_all_the_room_then_in_parts),
		cmocka_unit_test(test_message_from_the_dictionary_then_never_in_parts),
		cmocka_unit_test(test_message_without_keep_alive_then_the_rest_is_left),
		cmocka_unit_test(test_message_datagram_when_the_answer_fits_then_answered),
		cmocka_unit_test(test_message_header_when_long_then_read_in_full),
		cmocka_unit_test(test_message_encoding_in_capitals_is_utf_8_too),
		cmocka_unit_test(test_message_input_limit_is_one_whole_message),
		cmocka_unit_test(test_message_request_then_the_tutorials_bytes),
		cmocka_unit_test(
		    test_message_write_when_header_is_long_then_as_far_as_two_bytes_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
