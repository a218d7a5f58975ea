/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * handlers_list.c: the method ListConnections. Replies are pages of at most QUERY_PAGE_MAX rows, and
 * with "more" the next one is made only when the client has taken the last: however many connections
 * there are, the master holds three pages of them at the most.
 *
 * Without an order a page is filled from one worker after another, and the cursor is "pWORKER.PLACE",
 * the place being the worker's own cursor. In an order all workers are walked for the rows that come
 * next: each answer has the first of those that it looked at, and how far the rows are complete is
 * told to the workers asked after it, so that they send no others. What is complete then goes out,
 * page by page, before the next walk. The cursor is "kVALUE.ID", where a page ended in that order.
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
	CURSOR_SIZE = 64,
	KEPT_MAX = 2 * QUERY_PAGE_MAX /* rows in an order, besides the answer that comes */
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
	int64_t left;	     /* how many rows more the client wants; INT64_MAX = all */
	bool overflow;	     /* in an order: there are more rows than those here */
	bool waiting;	     /* for the client to take what it was sent */
	size_t n_rows, sent; /* of them; in an order they are kept until all were */
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
	return l->overflow || l->n_rows > 0 ? cursor_text('k', l->after.value, l->after.id)
					    : json_null();
}

/* ---- Rows in an order ---- */

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return query_compare(&x->key, &y->key);
}

static void forget_last(struct listing *l)
{
	json_decref(l->rows[--l->n_rows].row);
	l->overflow = true;
}

/* In an order: forgets the rows behind the first ones, and those behind before, of which some may be
 * missing here. */
static void keep_first(struct listing *l, size_t most)
{
	qsort(l->rows, l->n_rows, sizeof(*l->rows), compare_rows);
	if (l->n_rows > most) {
		while (l->n_rows > most)
			forget_last(l);
		if (!l->has_before || query_compare(&l->rows[most - 1].key, &l->before) < 0)
			l->before = l->rows[most - 1].key;
		l->has_before = true;
	}
	while (l->n_rows > 0 && l->has_before &&
	       query_compare(&l->rows[l->n_rows - 1].key, &l->before) > 0)
		forget_last(l);
}

/* The answer leaves rows out behind its last one. */
static void cut_behind(struct listing *l, const struct query_key *last)
{
	if (!l->has_before || query_compare(last, &l->before) < 0)
		l->before = *last;
	l->has_before = l->overflow = true;
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
	if (i > 0 && json_is_true(json_object_get(answer, "cut")))
		cut_behind(l, &l->rows[l->n_rows - 1].key);
	if (l->order != QUERY_UNORDERED && l->n_rows > KEPT_MAX)
		keep_first(l, KEPT_MAX);
}

/* ---- Replies ---- */

/* The next rows, at most a page; they are the reply's from here. */
static json_t *take_page(struct listing *l)
{
	const size_t size = page_size(l);
	json_t *rows = json_array();

	for (size_t i = 0; i < size && l->sent < l->n_rows; i++) {
		struct row *row = &l->rows[l->sent++];

		rows = handlers_append(rows, TAKE_PTR(row->row));
		l->after = row->key;
		l->left -= l->left == INT64_MAX ? 0 : 1;
	}
	if (l->sent == l->n_rows)
		l->sent = l->n_rows = 0;
	return json_pack("{s:o, s:o}", "connections", rows, "cursor", cursor_behind(l));
}

static void walk_again(struct listing *l)
{
	if (l->order != QUERY_UNORDERED) {
		l->walk.worker = 0;
		l->walk.cursor = 0;
		l->has_after = true;
		l->overflow = l->has_before = false;
	}
	walk_next(&l->walk);
}

/* Is what was taken the last page? */
static bool is_last(const struct listing *l)
{
	if (l->left == 0 || !control_call_wants_more(l->walk.call))
		return true;
	return l->n_rows == 0 &&
	       (l->order == QUERY_UNORDERED ? l->walk.worker >= l->walk.end : !l->overflow);
}

/* Sends the pages there are as the client takes them, and then walks for more. */
static void send_pages(struct listing *l)
{
	struct control_call *call = l->walk.call;

	do {
		json_t *page = take_page(l);

		if (!page || is_last(l)) {
			walk_end(&l->walk, page);
			return;
		}
		if (!control_reply_more(call, page)) {
			walk_drop(&l->walk);
			return;
		}
		l->waiting = control_call_unsent_bytes(call) > 0;
	} while (!l->waiting && l->n_rows > 0);
	if (!l->waiting)
		walk_again(l);
}

static void taken(struct control_call *call, void *mark)
{
	struct listing *l = listing_of(mark);

	(void)call;
	if (!l->waiting)
		return; /* what was taken is the answer to a call before this one */
	l->waiting = false;
	if (l->n_rows > 0)
		send_pages(l);
	else
		walk_again(l);
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
	const size_t limit = page_size(l) - (l->order == QUERY_UNORDERED ? l->n_rows : 0);
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
		send_pages(l);
	else
		walk_next(walk);
}

static void done(struct walk *walk)
{
	struct listing *l = listing_of(walk);

	if (l->order != QUERY_UNORDERED)
		keep_first(l, KEPT_MAX);
	send_pages(l);
}

static void free_listing(struct walk *walk)
{
	struct listing *l = listing_of(walk);

	while (l->n_rows > l->sent)
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

/* A connection that moves to the end of an order while others are listed would be met again and
 * again: a stream in such an order has at most as many rows as there are connections when it begins. */
static void bound(struct listing *l, const struct master *m)
{
	const int64_t active = stats_sum_active(m->stats);

	if (query_order_moves(l->order) && l->left > active)
		l->left = active > 0 ? active : 1;
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
	bound(l, user);
	control_call_on_taken(call, taken);
	walk_begin(&l->walk, &steps, call, user);
}
