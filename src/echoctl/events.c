/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * events.c: what happens, a line each as it happens.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "echoctl/answer.h"
#include "echoctl/inspect.h"
#include "echoctl/list.h"
#include "echoctl/render_fields.h"
#include "echoctl/render_table.h"
#include "echoctl/session.h"
#include "echod/clock.h"
#include "echod/parse.h"

#define EVENTS_WAIT_MS (INT64_C(1000) * 24 * 3600 * 1000) /* as good as for ever */

static const char *const kinds[] = { "open", "close", "refused", "reload", "worker_died", NULL };

int check_events(struct options *options)
{
	for (size_t i = 0; i < options->n_arguments; i++) {
		const char *word = options->arguments[i];
		size_t k = 0;

		while (kinds[k] && strcmp(kinds[k], word) != 0)
			k++;
		if (!kinds[k])
			return options_refuse(options,
					      "'%s' is no kind of event; there are open, close, "
					      "refused, reload and worker_died",
					      word);
	}
	return 0;
}

/* ---- A line ---- */

static void print_time(int64_t time_ms, FILE *out)
{
	const time_t seconds = (time_t)(time_ms / 1000);
	struct tm parts;
	char text[32] = "";

	if (gmtime_r(&seconds, &parts))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	fprintf(out, "%s.%03dZ", text, (int)(time_ms % 1000));
}

/* " WORD TEXT", or nothing where there is no text. */
static void print_text(struct fields *f, const json_t *event, const char *field, const char *word,
		       FILE *out)
{
	const char *text = fields_optional_text(f, event, "event", field);

	if (!text)
		return;
	fputs(word, out);
	render_print(text, out);
}

static void print_number(struct fields *f, const json_t *event, const char *field, const char *word,
			 const char *unit, FILE *out)
{
	int64_t n;

	if (fields_optional_integer(f, event, "event", field, &n))
		fprintf(out, "%s%" PRId64 "%s", word, n, unit);
}

static void print_event(struct fields *f, const json_t *event, FILE *out)
{
	print_time(fields_integer(f, event, "event", "time_ms"), out);
	fputc(' ', out);
	render_print(fields_text(f, event, "event", "kind"), out);
	print_number(f, event, "worker", " worker ", "", out);
	print_text(f, event, "listener", " listener ", out);
	print_number(f, event, "id", " id ", "", out);
	print_text(f, event, "peer", " ", out);
	print_text(f, event, "proxied_peer", " for ", out);
	print_number(f, event, "age_ms", " after ", " ms", out);
	print_number(f, event, "received_bytes", ", ", " bytes received", out);
	print_number(f, event, "sent_bytes", ", ", " sent", out);
	print_text(f, event, "reason", ": ", out);
	print_text(f, event, "message", ", ", out);
	fputc('\n', out);
}

/* ---- The stream ---- */

static const struct list_column columns[] = {
	{ .field = "time_ms", .kind = LIST_INTEGER },
	{ .field = "kind" },
	{ .field = "worker", .kind = LIST_INTEGER, .optional = true },
	{ .field = "listener", .optional = true },
	{ .field = "id", .kind = LIST_INTEGER, .optional = true },
	{ .field = "peer", .optional = true },
	{ .field = "proxied_peer", .optional = true },
	{ .field = "reason", .optional = true },
	{ .field = "message", .optional = true },
	{ .field = "age_ms", .kind = LIST_INTEGER, .optional = true },
	{ .field = "received_bytes", .kind = LIST_INTEGER, .optional = true },
	{ .field = "sent_bytes", .kind = LIST_INTEGER, .optional = true },
	{ .field = "lost", .kind = LIST_INTEGER },
};

struct watch {
	const struct session *session;
	struct list list; /* in CSV */
};

/* The event and how many were lost before it as a row; the reply without an event is none. */
static void print_csv(struct list *list, json_t *event, int64_t lost)
{
	json_t *page;

	if (!event)
		return;
	json_object_set_new(event, "lost", json_integer(lost));
	page = json_pack("{s:[O]}", "events", event);
	list_page(list, page);
	json_decref(page);
}

static void print_text_form(struct fields *f, const json_t *event, int64_t lost)
{
	if (lost > 0)
		printf("%" PRId64 " events were lost\n", lost);
	if (event)
		print_event(f, event, stdout);
}

static int take_reply(const json_t *parameters, bool last, void *user)
{
	struct watch *watch = user;
	const struct options *options = watch->session->options;
	char *wrong = watch->list.wrong;
	struct fields f = { .wrong = wrong };
	const json_t *event = fields_optional_object(&f, parameters, "event");
	const int64_t lost = fields_integer(&f, parameters, "", "lost");

	(void)last;
	if (options->json)
		render_json(parameters, false, stdout);
	else if (!wrong[0] && options->csv)
		print_csv(&watch->list, (json_t *)(uintptr_t)event, lost);
	else if (!wrong[0])
		print_text_form(&f, event, lost);
	if (wrong[0])
		return answer_is_wrong(watch->session, wrong);
	return session_flush();
}

int run_events(struct session *session)
{
	const struct options *options = session->options;
	json_t *names = options->n_arguments > 0 ? json_array() : json_null();
	char wrong[RENDER_WRONG_SIZE] = "";
	struct watch watch = { .session = session };
	int code;

	for (size_t i = 0; i < options->n_arguments; i++)
		json_array_append_new(names, json_string(options->arguments[i]));
	session_wait_longer(session, SESSION_PATIENCE_MS);
	session->silence_ms = options->timeout_ms > 0 ? options->timeout_ms : EVENTS_WAIT_MS;
	watch.list.wrong = wrong;
	if (options->csv && !options->json)
		list_begin(&watch.list, "events", columns, ARRAY_LENGTH(columns), NULL, options,
			   stdout, wrong);
	code = session_stream(session, CONTROL_INTERFACE ".WatchEvents",
			      json_pack("{s:o}", "kinds", names), take_reply, &watch);
	table_fini(&watch.list.table);
	if (code == SESSION_TIME_IS_UP) {
		session_complain("nothing more has happened in that time");
		code = EXIT_NO_ANSWER;
	}
	return code;
}
