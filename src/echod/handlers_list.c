/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_list.c: the method ListConnections. Replies are pages of at most QUERY_PAGE_MAX rows, and
 * with "more" the next one is made only when the client has taken the last: however many connections
 * there are, the master holds three pages of them at the most.
 *
 * Without an order a page is filled from one worker after another, and the cursor is "pWORKER.PLACE",
 * the place being the worker's own cursor. In an order each page is a walk over all workers, which
 * keeps the best rows and tells the workers of the worst of them, so that they send few others; its
 * cursor is "kVALUE.ID", where the page ended in that order.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "echod/attr.h"
#include "echod/control.h"
#include "src/echod/handlers.h"
#include "src/echod/handlers_query.h"
#include "src/echod/handlers_walk.h"
#include "src/echod/master.h"

enum {
	CURSOR_SIZE = 64
};

struct row {
	struct query_key key;
	json_t *row; /* a reference */
};

struct listing {
	struct walk walk; /* first */
	enum query_order order;
	bool has_after, has_before;
	struct query_key after, before;
	int64_t left;  /* how many rows more the client wants; INT64_MAX = all */
	bool overflow; /* in an order: there are more rows than the page takes */
	bool waiting;  /* for the client to take what it was sent */
	size_t n_rows;
	struct row rows[3 * QUERY_PAGE_MAX];
};

static struct listing *listing_of(const struct walk *walk)
{
	return CONTAINER_OF(walk, struct listing, walk);
}

static size_t page_size(const struct listing *l)
{
	return l->left < QUERY_PAGE_MAX ? (size_t)l->left : QUERY_PAGE_MAX;
}

/* ---- Cursors ---- */

static int64_t read_number(const char **text)
{
	char *end;
	const long long number = strtoll(*text, &end, 10);

	*text = end == *text ? "?" : end;
	return number;
}

/* False when it is none of the kind that goes with the order. */
static bool read_cursor(const char *text, struct listing *l)
{
	const char kind = l->order == QUERY_UNORDERED ? 'p' : 'k';
	int64_t first, second;

	if (*text++ != kind)
		return false;
	first = read_number(&text);
	if (*text++ != '.')
		return false;
	second = read_number(&text);
	if (*text != '\0')
		return false;
	if (kind == 'k') {
		l->after = (struct query_key){ first, second };
		l->has_after = true;
		return true;
	}
	l->walk.worker = (unsigned)first;
	l->walk.cursor = second;
	return first >= 0 && first <= CONFIG_WORKERS_MAX && second >= 0;
}

static json_t *cursor_text(char kind, int64_t first, int64_t second)
{
	char text[CURSOR_SIZE];

	snprintf(text, sizeof(text), "%c%" PRId64 ".%" PRId64, kind, first, second);
	return json_string(text);
}

/* Behind the rows of this page, or null when there are none. */
static json_t *cursor_behind(const struct listing *l)
{
	const struct walk *walk = &l->walk;

	if (l->order == QUERY_UNORDERED)
		return walk->worker < walk->end ? cursor_text('p', walk->worker, walk->cursor)
						: json_null();
	return l->overflow ? cursor_text('k', l->after.value, l->after.id) : json_null();
}

/* ---- Rows in an order ---- */

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return query_compare(&x->key, &y->key);
}

/* Keeps the first of them, which are a page. */
static void keep_first(struct listing *l)
{
	const size_t size = page_size(l);

	qsort(l->rows, l->n_rows, sizeof(*l->rows), compare_rows);
	if (l->n_rows <= size)
		return;
	while (l->n_rows > size)
		json_decref(l->rows[--l->n_rows].row);
	l->overflow = true;
	l->has_before = true;
	l->before = l->rows[size - 1].key;
}

static void take_row(struct listing *l, json_t *row, const json_t *key)
{
	struct row *taken = &l->rows[l->n_rows++];

	taken->row = json_incref(row);
	taken->key.value = json_integer_value(json_array_get(key, 0));
	taken->key.id = json_integer_value(json_array_get(key, 1));
}

static void take_rows(struct listing *l, const json_t *answer)
{
	const json_t *rows = json_object_get(answer, "connections");
	const json_t *keys = json_object_get(answer, "keys");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (l->n_rows < ARRAY_LENGTH(l->rows))
			take_row(l, row, json_array_get(keys, i));
	}
	if (l->order != QUERY_UNORDERED && l->n_rows > 2 * QUERY_PAGE_MAX)
		keep_first(l);
}

/* ---- Replies ---- */

static json_t *take_page(struct listing *l)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < l->n_rows; i++)
		rows = handlers_append(rows, l->rows[i].row);
	l->left -= l->left == INT64_MAX ? 0 : (int64_t)l->n_rows;
	l->n_rows = 0;
	return json_pack("{s:o, s:o}", "connections", rows, "cursor", cursor_behind(l));
}

static void go_on(struct listing *l)
{
	if (l->order != QUERY_UNORDERED) {
		l->walk.worker = 0;
		l->walk.cursor = 0;
		l->overflow = l->has_before = false;
	}
	walk_next(&l->walk);
}

/* last: no row is left behind this page. */
static void send_page(struct listing *l, bool last)
{
	struct control_call *call = l->walk.call;
	json_t *page = take_page(l);

	if (last || !page || l->left == 0 || !control_call_wants_more(call))
		walk_end(&l->walk, page);
	else if (!control_reply_more(call, page))
		walk_drop(&l->walk);
	else if (control_call_unsent_bytes(call) == 0)
		go_on(l);
	else
		l->waiting = true;
}

static void taken(struct control_call *call, void *mark)
{
	struct listing *l = listing_of(mark);

	(void)call;
	if (!l->waiting)
		return; /* what was taken is the answer to a call before this one */
	l->waiting = false;
	go_on(l);
}

/* ---- The walk ---- */

static int set_key(json_t *question, const char *name, bool has, const struct query_key *key)
{
	if (!has)
		return 0;
	return json_object_set_new(
	    question, name, json_pack("[I, I]", (json_int_t)key->value, (json_int_t)key->id));
}

static json_t *ask(const struct walk *walk)
{
	static const char *const passed_on[] = { "filter", "sort", "reverse", "tcp" };
	const struct listing *l = listing_of(walk);
	const size_t limit =
	    l->order == QUERY_UNORDERED ? page_size(l) - l->n_rows : QUERY_PAGE_MAX;
	json_t *question = json_pack("{s:I}", "limit", (json_int_t)limit);
	int r = question ? 0 : -1;

	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(passed_on); i++) {
		json_t *value = json_object_get(walk->wanted, passed_on[i]);

		if (value)
			r = json_object_set(question, passed_on[i], value);
	}
	if (r == 0)
		r = set_key(question, "after", l->has_after, &l->after);
	if (r == 0)
		r = set_key(question, "before", l->has_before, &l->before);
	if (r == 0)
		return question;
	json_decref(question);
	return NULL;
}

static void page(struct walk *walk, const json_t *answer)
{
	struct listing *l = listing_of(walk);

	take_rows(l, answer);
	if (l->order == QUERY_UNORDERED && l->n_rows >= page_size(l))
		send_page(l, walk->worker >= walk->end);
	else
		walk_next(walk);
}

static void done(struct walk *walk)
{
	struct listing *l = listing_of(walk);

	if (l->order != QUERY_UNORDERED) {
		keep_first(l);
		if (l->n_rows > 0)
			l->after = l->rows[l->n_rows - 1].key;
		l->has_after = true;
	}
	send_page(l, !l->overflow);
}

static void free_listing(struct walk *walk)
{
	struct listing *l = listing_of(walk);

	while (l->n_rows > 0)
		json_decref(l->rows[--l->n_rows].row);
	free(l);
}

static const struct walk_steps steps = {
	.method = CONTROL_WORKER_INTERFACE ".ListConnections",
	.ask = ask,
	.page = page,
	.done = done,
	.free = free_listing,
};

/* ---- The method ---- */

/* NULL, or what is wrong. */
static const char *read_wanted(struct control_call *call, struct listing *l)
{
	const json_t *p = control_call_parameters(call);
	const json_t *limit = json_object_get(p, "limit");
	const char *cursor = json_string_value(json_object_get(p, "cursor"));
	struct query_filter filter;
	const char *wrong = query_read_filter(json_object_get(p, "filter"), &filter);

	l->walk.end = CONFIG_WORKERS_MAX;
	l->left = control_call_wants_more(call) ? INT64_MAX : QUERY_PAGE_MAX;
	if (json_is_integer(limit) && json_integer_value(limit) < l->left)
		l->left = json_integer_value(limit);
	if (wrong)
		return wrong;
	if (!query_read_order(json_string_value(json_object_get(p, "sort")), &l->order))
		return "sort";
	if (l->left < 1)
		return "limit";
	return cursor && !read_cursor(cursor, l) ? "cursor" : NULL;
}

void handlers_list_connections(struct control_call *call, void *user)
{
	struct listing *l = calloc(1, sizeof(*l));
	const char *wrong;

	if (!l) {
		control_error_memory(call);
		return;
	}
	wrong = read_wanted(call, l);
	if (wrong) {
		control_error_parameter(call, wrong);
		free(l);
		return;
	}
	control_call_on_taken(call, taken);
	walk_begin(&l->walk, &steps, call, user);
}
