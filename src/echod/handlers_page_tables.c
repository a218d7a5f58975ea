/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_page_tables.c: what all parts of the status page are made of, and its two long tables. A cell
 * says by itself what it is, for where its row is shown as a card.
 */
#include <stdbool.h>
#include <string.h>

#include "echod/attr.h"
#include "src/echod/handlers_page.h"
#include "src/echod/html.h"

/* ---- Fields and words ---- */

int64_t page_number(const json_t *object, const char *field)
{
	return json_integer_value(json_object_get(object, field));
}

const char *page_text(const json_t *object, const char *field)
{
	const char *text = json_string_value(json_object_get(object, field));

	return text ? text : "";
}

void page_name(FILE *out, const char *text)
{
	fputs("<bdi>", out);
	html_text(out, text);
	fputs("</bdi>", out);
}

void page_tag(FILE *out, const char *word)
{
	fputs("<span class=\"tag ", out);
	html_text(out, word);
	fputs("\">", out);
	html_text(out, word);
	fputs("</span>", out);
}

void page_head_row(FILE *out, const char *const *labels, size_t n, size_t first_number)
{
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "<th scope=\"col\"%s>%s</th>", i >= first_number ? PAGE_NUMBER : "",
			labels[i]);
	fputs("</tr></thead>\n", out);
}

/* ---- Cells ---- */

static void cell(FILE *out, const char *label, const char *class)
{
	fprintf(out, "<td data-label=\"%s\"%s>", label, class);
}

static void count_cell(FILE *out, const char *label, int64_t n)
{
	cell(out, label, PAGE_NUMBER);
	html_count(out, n);
	fputs("</td>", out);
}

static void bytes_cell(FILE *out, const char *label, int64_t n)
{
	cell(out, label, PAGE_NUMBER);
	html_bytes(out, (double)n);
	fputs("</td>", out);
}

/* Where this transport counts no such thing. */
static void no_cell(FILE *out, const char *label)
{
	cell(out, label, " class=\"number none\"");
	fputs("&ndash;</td>", out);
}

/* ---- Listeners ---- */

static void address(const json_t *row, FILE *out)
{
	const char *host = page_text(row, "address");
	const bool brackets = strchr(host, ':') != NULL;

	html_text(out, page_text(row, "transport"));
	fputc(' ', out);
	if (strcmp(page_text(row, "transport"), "unix") == 0) {
		page_name(out, page_text(row, "path"));
		return;
	}
	fputs(brackets ? "<bdi>[" : "<bdi>", out);
	html_text(out, host);
	fprintf(out, "%s:%lld</bdi>", brackets ? "]" : "", (long long)page_number(row, "port"));
}

static void listener_row(const json_t *row, FILE *out)
{
	const bool datagrams = strcmp(page_text(row, "transport"), "udp") == 0;

	fputs("<tr><th scope=\"row\">", out);
	page_name(out, page_text(row, "name"));
	fputs("</th>", out);
	cell(out, "Service", "");
	html_text(out, page_text(row, "service"));
	fputs("</td>", out);
	cell(out, "Address", "");
	fputs("<span>", out);
	address(row, out);
	fputs("</span></td>", out);
	cell(out, "State", "");
	page_tag(out, page_text(row, "state"));
	fputs("</td>", out);
	if (datagrams) {
		no_cell(out, "Open");
		no_cell(out, "Accepted");
		count_cell(out, "Datagrams", page_number(row, "datagrams_received"));
	} else {
		count_cell(out, "Open", page_number(row, "active"));
		count_cell(out, "Accepted", page_number(row, "accepted"));
		no_cell(out, "Datagrams");
	}
	count_cell(out, "Refused",
		   page_number(row, "rejected") + page_number(row, "datagrams_dropped"));
	bytes_cell(out, "Received", page_number(row, "received_bytes"));
	bytes_cell(out, "Sent", page_number(row, "sent_bytes"));
	fputs("</tr>\n", out);
}

void page_listeners(const json_t *status, FILE *out)
{
	static const char *const labels[] = { "Listener", "Service",  "Address",   "State",
					      "Open",	  "Accepted", "Datagrams", "Refused",
					      "Received", "Sent" };
	const json_t *rows = json_object_get(status, "listeners");

	fputs("<section>\n<h2>Listeners</h2>\n<table class=\"wide\">\n", out);
	page_head_row(out, labels, ARRAY_LENGTH(labels), 4);
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < json_array_size(rows); i++)
		listener_row(json_array_get(rows, i), out);
	fputs("</tbody>\n</table>\n</section>\n", out);
}

/* ---- Workers ---- */

static void slots(const json_t *row, FILE *out)
{
	const json_t *numbers = json_object_get(row, "slots");

	cell(out, "Slots", "");
	fputs("<span>", out);
	for (size_t i = 0; i < json_array_size(numbers); i++)
		fprintf(out, "%s%lld", i > 0 ? ", " : "",
			(long long)json_integer_value(json_array_get(numbers, i)));
	fputs(json_array_size(numbers) == 0 ? "none</span></td>" : "</span></td>", out);
}

static void worker_row(const json_t *row, FILE *out)
{
	fprintf(out, "<tr><th scope=\"row\">Worker %lld</th>",
		(long long)page_number(row, "index"));
	cell(out, "State", "");
	fputs("<span>", out);
	page_tag(out, page_text(row, "state"));
	if (json_is_true(json_object_get(row, "full"))) {
		fputc(' ', out);
		page_tag(out, "full");
	}
	fputs("</span></td>", out);
	slots(row, out);
	if (json_is_integer(json_object_get(row, "pid"))) {
		cell(out, "Process", PAGE_NUMBER);
		fprintf(out, "%lld</td>", (long long)page_number(row, "pid"));
	} else {
		no_cell(out, "Process");
	}
	count_cell(out, "Open", page_number(row, "active"));
	count_cell(out, "Accepted", page_number(row, "accepted"));
	bytes_cell(out, "Unsent", page_number(row, "pending_bytes"));
	count_cell(out, "Restarts", page_number(row, "restarts"));
	fputs("</tr>\n", out);
}

void page_workers(const json_t *status, FILE *out)
{
	static const char *const labels[] = { "Worker", "State",    "Slots",  "Process",
					      "Open",	"Accepted", "Unsent", "Restarts" };
	const json_t *rows = json_object_get(status, "workers");

	fputs("<section>\n<h2>Workers</h2>\n<table class=\"wide\">\n", out);
	page_head_row(out, labels, ARRAY_LENGTH(labels), 3);
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < json_array_size(rows); i++)
		worker_row(json_array_get(rows, i), out);
	fputs("</tbody>\n</table>\n</section>\n", out);
}
