/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render_status_head.c owns the first lines of a status: what it is, and what is not as always.
 */
#include <inttypes.h>
#include <string.h>

#include "echoctl/render_status.h"
#include "echoctl/render_table.h"

struct head {
	struct fields *fields;
	const json_t *answer;
	bool colors;
	FILE *out;
};

static int64_t integer(const struct head *s, const json_t *object, const char *where,
		       const char *name)
{
	return fields_integer(s->fields, object, where, name);
}

static const char *text(const struct head *s, const json_t *object, const char *where,
			const char *name)
{
	return fields_text(s->fields, object, where, name);
}

/* "1m 40s": how long ago that was. All is cut to whole seconds, so it may seem to lie ahead. */
static const char *ago(const struct head *s, const json_t *object, const char *where,
		       char ret_text[static RENDER_TEXT_SIZE])
{
	const int64_t now_s =
	    integer(s, s->answer, "", "start_time_s") + integer(s, s->answer, "", "uptime_s");
	const int64_t ago_s = now_s - integer(s, object, where, "time_s");

	return render_duration(ago_s > 0 ? ago_s : 0, ret_text);
}

static void print_reload(const struct head *s)
{
	const json_t *reload = fields_optional_object(s->fields, s->answer, "last_reload");
	const char *message;
	char then[RENDER_TEXT_SIZE];
	bool ok;

	if (!reload)
		return;
	ok = fields_boolean(s->fields, reload, "last_reload", "ok");
	message = fields_optional_text(s->fields, reload, "last_reload", "message");
	fprintf(s->out, "last reload %s ago: %s%s%s", ago(s, reload, "last_reload", then),
		render_color_on(ok ? COLOR_GOOD : COLOR_BAD, s->colors), ok ? "ok" : "failed",
		render_color_off(COLOR_GOOD, s->colors));
	if (message) {
		fputs(", ", s->out);
		render_print(message, s->out);
	}
	fputc('\n', s->out);
}

/* Is it no drain, or no stop, that goes on? */
static bool is_over(const struct head *s)
{
	const char *state = text(s, s->answer, "", "state");

	return strcmp(state, "running") == 0;
}

static void print_drain(const struct head *s)
{
	const json_t *drain = fields_optional_object(s->fields, s->answer, "drain");
	char then[RENDER_TEXT_SIZE], left[RENDER_TEXT_SIZE], unsent[RENDER_TEXT_SIZE];
	int64_t timeout_ms, spread_ms, closed, unsent_bytes;
	bool has_timeout, has_spread, timed_out;

	if (!drain)
		return;
	has_timeout = fields_optional_integer(s->fields, drain, "drain", "timeout_ms", &timeout_ms);
	has_spread = fields_optional_integer(s->fields, drain, "drain", "spread_ms", &spread_ms);
	timed_out = fields_boolean(s->fields, drain, "drain", "timed_out");
	closed = integer(s, drain, "drain", "closed");
	unsent_bytes = integer(s, drain, "drain", "unsent_bytes");
	fprintf(s->out, "%sdrain begun %s ago", is_over(s) ? "last " : "",
		ago(s, drain, "drain", then));
	if (has_spread)
		fprintf(s->out, ", connections ended over %s",
			render_duration((spread_ms + 999) / 1000, left));
	if (timed_out)
		fprintf(s->out, ", %" PRId64 " connections closed by its timeout, %s unsent",
			closed, render_bytes(unsent_bytes, unsent));
	else if (has_timeout)
		fprintf(s->out, ", timeout after %s",
			render_duration((timeout_ms + 999) / 1000, left));
	fputc('\n', s->out);
}

/* "log level debug, info again in 4m 59s"; what is configured is said only when it differs. */
static void print_log(const struct head *s)
{
	const json_t *log = fields_object(s->fields, s->answer, "log");
	const char *level = text(s, log, "log", "level");
	const char *configured = text(s, log, "log", "configured");
	char left[RENDER_TEXT_SIZE];
	int64_t left_ms;
	const bool timed = fields_optional_integer(s->fields, log, "log", "left_ms", &left_ms);

	fputs("log level ", s->out);
	render_print(level, s->out);
	if (timed || strcmp(level, configured) != 0) {
		fputs(", ", s->out);
		render_print(configured, s->out);
		if (timed)
			fprintf(s->out, " again in %s",
				render_duration((left_ms + 999) / 1000, left));
		else
			fputs(" is configured", s->out);
	}
	fputc('\n', s->out);
}

static void print_word(const struct head *s, const char *label, const char *name)
{
	fputs(label, s->out);
	render_print(text(s, s->answer, "", name), s->out);
}

void render_status_head(struct fields *f, const json_t *answer, bool colors, FILE *out)
{
	const struct head head = { .fields = f, .answer = answer, .colors = colors, .out = out };
	const struct head *s = &head;
	const char *state = text(s, s->answer, "", "state");
	const char *file = fields_optional_text(s->fields, s->answer, "", "config_file");
	const char *url = fields_optional_text(s->fields, s->answer, "", "metrics_url");
	enum render_color color = render_state_color(state);
	char uptime[RENDER_TEXT_SIZE];

	print_word(s, "echod ", "version");
	fprintf(s->out, " %s", render_color_on(color, s->colors));
	render_print(state, s->out);
	fprintf(s->out, "%s, pid %" PRId64 ", up %s\n", render_color_off(color, s->colors),
		integer(s, s->answer, "", "pid"),
		render_duration(integer(s, s->answer, "", "uptime_s"), uptime));
	print_word(s, "selector ", "selector");
	print_word(s, ", user ", "user");
	fputs(", configuration ", s->out);
	render_print(file ? file : "from the command line", s->out);
	fprintf(s->out, " (generation %" PRId64 ")\n",
		integer(s, s->answer, "", "config_generation"));
	print_word(s, "control socket ", "control_socket");
	print_word(s, ", PID file ", "pid_file");
	fputc('\n', s->out);
	if (url) {
		fputs("metrics at ", s->out);
		render_print(url, s->out);
		fputc('\n', s->out);
	}
	print_log(s);
	print_reload(s);
	print_drain(s);
}
