/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_page.c: the status page, made from the answer of GetStatus, so that the two never differ.
 * It needs no script, shows no peer, and whatever comes from a configuration is escaped.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "echod/attr.h"
#include "src/echod/handlers.h"
#include "src/echod/handlers_page.h"
#include "src/echod/html.h"

/* All reasons together. */
static int64_t sum(const json_t *object, const char *field)
{
	json_t *counts = json_object_get(object, field), *count;
	const char *word;
	int64_t n = 0;

	json_object_foreach(counts, word, count) n += json_integer_value(count);
	return n;
}

/* ---- The top ---- */

static void document_head(const json_t *status, FILE *out)
{
	fputs("<!DOCTYPE html>\n"
	      "<html lang=\"en\">\n"
	      "<head>\n"
	      "<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<title>echod: ",
	      out);
	html_text(out, page_text(status, "state"));
	fputs("</title>\n"
	      "<link rel=\"stylesheet\" href=\"style.css\">\n"
	      "</head>\n"
	      "<body>\n",
	      out);
}

static void title(const json_t *status, FILE *out)
{
	const char *file = json_string_value(json_object_get(status, "config_file"));

	fputs("<header>\n<h1>echod ", out);
	page_tag(out, page_text(status, "state"));
	fputs("</h1>\n<p class=\"soft\">Version ", out);
	html_text(out, page_text(status, "version"));
	fputs(", up ", out);
	html_duration(out, page_number(status, "uptime_s") * 1000);
	fprintf(out, ", process %lld, user ", (long long)page_number(status, "pid"));
	page_name(out, page_text(status, "user"));
	fputs(", ", out);
	html_text(out, page_text(status, "selector"));
	fputs(". Configuration ", out);
	if (file)
		page_name(out, file);
	else
		fputs("from the command line", out);
	fputs(", generation ", out);
	html_count(out, page_number(status, "config_generation"));
	fputs(".</p>\n", out);
}

static void state_note(const json_t *status, FILE *out)
{
	static const struct {
		const char *state, *note;
	} notes[] = {
		{ "starting", "Not every worker is ready yet." },
		{ "draining", "New connections are refused; those that are open go on." },
		{ "drained", "New connections are refused; none is open any more." },
		{ "stopping", "New connections are refused; those that are open may finish." },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(notes); i++)
		if (strcmp(notes[i].state, page_text(status, "state")) == 0)
			fprintf(out, "<p class=\"note\">%s</p>\n", notes[i].note);
}

static void reload_note(const json_t *status, FILE *out)
{
	const json_t *last = json_object_get(status, "last_reload");

	if (!json_is_false(json_object_get(last, "ok")))
		return;
	fputs("<p class=\"note bad\">The last reload failed and changed nothing: ", out);
	page_name(out, page_text(last, "message"));
	fputs("</p>\n", out);
}

static size_t living_workers(const json_t *workers)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(workers); i++)
		n += json_is_integer(json_object_get(json_array_get(workers, i), "pid"));
	return n;
}

static void cards(const json_t *status, FILE *out)
{
	const json_t *totals = json_object_get(status, "totals");
	const json_t *workers = json_object_get(status, "workers");

	fputs("<dl class=\"cards\">\n<div><dt>Open connections</dt><dd>", out);
	html_count(out, page_number(totals, "active"));
	fputs("</dd></div>\n<div><dt>Waiting to be sent</dt><dd>", out);
	html_bytes(out, (double)page_number(totals, "pending_bytes"));
	fputs("</dd></div>\n<div><dt>Paused</dt><dd>", out);
	html_count(out, page_number(totals, "paused_connections"));
	fprintf(out, "</dd></div>\n<div><dt>Workers alive</dt><dd>%zu of %zu</dd></div>\n</dl>\n",
		living_workers(workers), json_array_size(workers));
}

/* ---- Traffic ---- */

static struct page_cut cut(const json_t *status, int64_t now_ms)
{
	const json_t *totals = json_object_get(status, "totals");

	return (struct page_cut){
		.ms = now_ms,
		.accepted = page_number(totals, "accepted"),
		.refused = sum(totals, "rejected") + sum(totals, "datagrams_dropped"),
		.received_bytes = page_number(totals, "received_bytes"),
		.sent_bytes = page_number(totals, "sent_bytes"),
		.datagrams_received = page_number(totals, "datagrams_received"),
		.datagrams_sent = page_number(totals, "datagrams_sent"),
	};
}

static void traffic_row(FILE *out, const char *what, bool bytes, int64_t now, int64_t before,
			double seconds)
{
	const double rate = (double)(now - before) / seconds;

	fprintf(out, "<tr><th scope=\"row\">%s</th><td" PAGE_NUMBER ">", what);
	if (bytes)
		html_bytes(out, rate);
	else
		html_rate(out, rate);
	fputs("/s</td><td" PAGE_NUMBER ">", out);
	if (bytes)
		html_bytes(out, (double)now);
	else
		html_count(out, now);
	fputs("</td></tr>\n", out);
}

static void traffic(const json_t *status, FILE *out, struct page_rates *rates, int64_t now_ms)
{
	static const char *const labels[] = { "What", "Rate", "Since the start" };
	const struct page_cut now = cut(status, now_ms);
	const struct page_cut then = page_rates_view(rates, &now);
	const int64_t interval_ms = now.ms > then.ms ? now.ms - then.ms : 1;
	const double s = (double)interval_ms / 1000;

	fputs("<section>\n<h2>Traffic</h2>\n<table>\n", out);
	page_head_row(out, labels, ARRAY_LENGTH(labels), 1);
	fputs("<tbody>\n", out);
	traffic_row(out, "Connections accepted", false, now.accepted, then.accepted, s);
	traffic_row(out, "Bytes received", true, now.received_bytes, then.received_bytes, s);
	traffic_row(out, "Bytes sent", true, now.sent_bytes, then.sent_bytes, s);
	traffic_row(out, "Datagrams received", false, now.datagrams_received,
		    then.datagrams_received, s);
	traffic_row(out, "Datagrams sent", false, now.datagrams_sent, then.datagrams_sent, s);
	traffic_row(out, "Refused or dropped", false, now.refused, then.refused, s);
	fputs("</tbody>\n</table>\n<p class=\"soft\">Rates are averages over the ", out);
	html_duration(out, interval_ms);
	fputs(then.ms == rates->start_ms ? " since the start."
					 : " since an earlier view of this page.",
	      out);
	fputs("</p>\n</section>\n", out);
}

/* ---- Refusals ---- */

static void reasons(const json_t *status, FILE *out, const char *heading, const char *field)
{
	const json_t *totals = json_object_get(status, "totals");
	json_t *counts = json_object_get(totals, field), *count;
	const char *word;

	fprintf(out, "<h3>%s: ", heading);
	html_count(out, sum(totals, field));
	fputs("</h3>\n<dl class=\"reasons\">\n", out);
	json_object_foreach(counts, word, count)
	{
		fprintf(out, "<div%s><dt>",
			json_integer_value(count) == 0 ? " class=\"zero\"" : "");
		html_text(out, word);
		fputs("</dt><dd>", out);
		html_count(out, json_integer_value(count));
		fputs("</dd></div>\n", out);
	}
	fputs("</dl>\n", out);
}

static void refusals(const json_t *status, FILE *out)
{
	fputs("<section>\n<h2>Refusals, by reason</h2>\n", out);
	reasons(status, out, "Connections refused", "rejected");
	reasons(status, out, "Datagrams dropped", "datagrams_dropped");
	reasons(status, out, "Errors of accept", "accept_errors");
	fputs("</section>\n<section>\n<h2>Ends, by reason</h2>\n", out);
	reasons(status, out, "Connections ended", "closed");
	fputs("</section>\n", out);
}

/* ---- The bottom, and the whole ---- */

static void bottom(const json_t *status, FILE *out)
{
	const time_t now =
	    (time_t)(page_number(status, "start_time_s") + page_number(status, "uptime_s"));
	char text[32] = "";
	struct tm utc;

	if (gmtime_r(&now, &utc))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &utc);
	fprintf(out,
		"<footer>\n<p>Made at %s UTC. <a href=\"./\">Look again</a>, or as "
		"<a href=\"metrics\">metrics for Prometheus</a>.</p>\n</footer>\n"
		"</body>\n</html>\n",
		text);
}

char *handlers_page(const json_t *status, struct page_rates *rates, int64_t now_ms)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	document_head(status, out);
	title(status, out);
	state_note(status, out);
	reload_note(status, out);
	cards(status, out);
	fputs("</header>\n<main>\n", out);
	traffic(status, out, rates, now_ms);
	page_listeners(status, out);
	page_workers(status, out);
	refusals(status, out);
	fputs("</main>\n", out);
	bottom(status, out);
	if (fclose(out) != 0)
		free(TAKE_PTR(text));
	return text;
}
