/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * ledger.c: see ledger.h. The workers write into rows at any time: each row is read once where its
 * count is handed over, so that what is added in one place is what is taken away in the other.
 */
#include "src/echod/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "echod/log.h"
#include "echod/service.h"

enum {
	NONE = -1
};

struct ledger_account {
	char *name;
	const struct service *service;
	enum service_transport transport;
	struct ledger_counts past; /* of rows that are others' now, while none is listed */
	uint64_t seen;		   /* the last change that it had a part in */
};

/* ---- Counts ---- */

static void add(struct ledger_counts *sum, const struct ledger_counts *more)
{
	sum->accepted += more->accepted;
	sum->rejected += more->rejected;
	sum->received_bytes += more->received_bytes;
	sum->sent_bytes += more->sent_bytes;
	sum->datagrams_received += more->datagrams_received;
	sum->datagrams_sent += more->datagrams_sent;
	sum->datagrams_dropped += more->datagrams_dropped;
}

static struct ledger_counts negative(const struct ledger_counts *counts)
{
	return (struct ledger_counts){ .accepted = -counts->accepted,
				       .rejected = -counts->rejected,
				       .received_bytes = -counts->received_bytes,
				       .sent_bytes = -counts->sent_bytes,
				       .datagrams_received = -counts->datagrams_received,
				       .datagrams_sent = -counts->datagrams_sent,
				       .datagrams_dropped = -counts->datagrams_dropped };
}

/* What the workers have written. */
static struct ledger_counts written(const struct ledger *l, unsigned row)
{
	const struct stats *s = l->stats;

	return (struct ledger_counts){
		.accepted = STATS_SUM_ENDPOINT(s, row, accepted),
		.rejected = STATS_SUM_ENDPOINT(s, row, rejected),
		.received_bytes = STATS_SUM_ENDPOINT(s, row, received_bytes),
		.sent_bytes = STATS_SUM_ENDPOINT(s, row, sent_bytes),
		.datagrams_received = STATS_SUM_ENDPOINT(s, row, datagrams_received),
		.datagrams_sent = STATS_SUM_ENDPOINT(s, row, datagrams_sent),
		.datagrams_dropped = STATS_SUM_ENDPOINT(s, row, datagrams_dropped),
	};
}

/* ---- Accounts ---- */

static struct ledger_account *find(const struct ledger *l, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < l->n_accounts; i++) {
		struct ledger_account *account = l->accounts[i];

		if (account->service == endpoint->listener->service &&
		    account->transport == endpoint->sockets->transport &&
		    strcmp(account->name, endpoint->listener->name) == 0)
			return account;
	}
	return NULL;
}

static void free_account(struct ledger_account *account)
{
	free(account->name);
	free(account);
}

/* The one that went first. As there is room for two whole sets, it is of neither. */
static void forget_oldest(struct ledger *l)
{
	size_t oldest = 0;

	for (size_t i = 1; i < l->n_accounts; i++)
		if (l->accounts[i]->seen < l->accounts[oldest]->seen)
			oldest = i;
	log_info("master", "what listener '%s' has counted is forgotten: it was the first to go",
		 l->accounts[oldest]->name);
	for (size_t i = 0; i < ARRAY_LENGTH(l->rows); i++)
		if (l->rows[i].account == l->accounts[oldest])
			l->rows[i].account = NULL;
	free_account(l->accounts[oldest]);
	l->accounts[oldest] = l->accounts[--l->n_accounts];
}

static struct ledger_account *add_account(struct ledger *l, const struct endpoint *endpoint)
{
	struct ledger_account *account = calloc(1, sizeof(*account));

	if (!account)
		return NULL;
	account->name = strdup(endpoint->listener->name);
	if (!account->name) {
		free(account);
		return NULL;
	}
	account->service = endpoint->listener->service;
	account->transport = endpoint->sockets->transport;
	if (l->n_accounts == LEDGER_ACCOUNTS_MAX)
		forget_oldest(l);
	l->accounts[l->n_accounts++] = account;
	return account;
}

/* ---- Before a change ---- */

/* The row is to be another's: what it has is its heir's, or its account's. */
static void hand_over(struct ledger *l, unsigned row)
{
	struct ledger_row *r = &l->rows[row];
	struct ledger_counts counts = written(l, row);
	const struct ledger_counts others = negative(&counts);

	add(&counts, &r->before);
	if (r->heir != NONE && r->heir != (int)row)
		add(&l->rows[r->heir].before, &counts);
	else if (r->account)
		add(&r->account->past, &counts);
	r->before = others;
	r->heir = NONE;
	r->account = NULL;
}

static void clear(struct ledger *l, unsigned row)
{
	hand_over(l, row);
	stats_clear_row(l->stats, row);
	l->rows[row].before = (struct ledger_counts){ 0 };
}

int ledger_prepare(struct ledger *l, const struct endpoints *endpoints)
{
	l->changes++;
	for (size_t i = 0; i < ARRAY_LENGTH(l->rows); i++)
		if (l->rows[i].account && l->rows[i].heir == (int)i)
			l->rows[i].account->seen = l->changes;
	for (size_t i = 0; i < endpoints->length; i++) {
		const struct endpoint *endpoint = &endpoints->items[i];
		struct ledger_account *account = find(l, endpoint);

		if (!account)
			account = add_account(l, endpoint);
		if (!account)
			return -ENOMEM;
		account->seen = l->changes;
		if (endpoint->kept)
			continue;
		clear(l, endpoint->sockets->row);
		l->rows[endpoint->sockets->row].account = account;
	}
	return 0;
}

/* ---- The change ---- */

enum standing {
	UNLISTED,
	LISTED,	  /* for the same account as before */
	NEWCOMER, /* listed for an account that it was not listed for */
	SUCCESSOR /* and it came in the place of another row */
};

/* The row that shows what came to no other: the account's first. */
static int default_heir(const struct ledger *l, const struct endpoints *endpoints,
			const struct ledger_account *account)
{
	for (size_t i = 0; i < endpoints->length; i++)
		if (l->rows[endpoints->items[i].sockets->row].account == account)
			return (int)endpoints->items[i].sockets->row;
	return NONE;
}

/* The next newcomer of the account that has come in nobody's place yet. */
static int next_successor(const struct ledger *l, const struct endpoints *endpoints,
			  enum standing *standings, const struct ledger_account *account)
{
	for (size_t i = 0; i < endpoints->length; i++) {
		const unsigned row = endpoints->items[i].sockets->row;

		if (l->rows[row].account != account || standings[row] != NEWCOMER)
			continue;
		standings[row] = SUCCESSOR;
		return (int)row;
	}
	return NONE;
}

static void change_heir(struct ledger *l, int from, int to)
{
	for (size_t i = 0; i < ARRAY_LENGTH(l->rows); i++)
		if (l->rows[i].heir == from)
			l->rows[i].heir = to;
}

static void list(struct ledger *l, const struct endpoints *endpoints, enum standing *standings)
{
	for (size_t i = 0; i < endpoints->length; i++) {
		const unsigned row = endpoints->items[i].sockets->row;
		struct ledger_account *account = find(l, &endpoints->items[i]);
		const bool same = l->rows[row].account == account;

		standings[row] = same && l->rows[row].heir == (int)row ? LISTED : NEWCOMER;
		if (!same) {
			hand_over(l, row);
			change_heir(l, (int)row, NONE);
			l->rows[row].account = account;
		}
		l->rows[row].heir = (int)row;
	}
}

/* What no listed row shows goes to one of its account, if there is one. */
static void find_heirs(struct ledger *l, const struct endpoints *endpoints)
{
	for (size_t i = 0; i < ARRAY_LENGTH(l->rows); i++)
		if (l->rows[i].account && l->rows[i].heir == NONE)
			l->rows[i].heir = default_heir(l, endpoints, l->rows[i].account);
	for (size_t i = 0; i < l->n_accounts; i++) {
		struct ledger_account *account = l->accounts[i];
		const int heir = default_heir(l, endpoints, account);

		if (heir == NONE)
			continue;
		add(&l->rows[heir].before, &account->past);
		account->past = (struct ledger_counts){ 0 };
	}
}

void ledger_switch(struct ledger *l, const struct endpoints *old_endpoints,
		   const struct endpoints *new_endpoints)
{
	enum standing standings[CONFIG_ENDPOINTS_MAX] = { UNLISTED };

	list(l, new_endpoints, standings);
	for (size_t i = 0; i < old_endpoints->length; i++) {
		const unsigned row = old_endpoints->items[i].sockets->row;

		if (standings[row] == UNLISTED)
			change_heir(
			    l, (int)row,
			    next_successor(l, new_endpoints, standings, l->rows[row].account));
	}
	find_heirs(l, new_endpoints);
}

/* ---- Reading ---- */

struct ledger_counts ledger_counts(const struct ledger *l, unsigned row)
{
	struct ledger_counts counts = { 0 };

	for (unsigned i = 0; i < ARRAY_LENGTH(l->rows); i++) {
		struct ledger_counts own;

		if (l->rows[i].heir != (int)row)
			continue;
		own = written(l, i);
		add(&counts, &own);
		add(&counts, &l->rows[i].before);
	}
	return counts;
}

int64_t ledger_active(const struct ledger *l, unsigned row)
{
	int64_t active = 0;

	for (unsigned i = 0; i < ARRAY_LENGTH(l->rows); i++)
		if (l->rows[i].heir == (int)row)
			active += STATS_SUM_ENDPOINT(l->stats, i, active);
	return active;
}

/* ---- Beginning and end ---- */

int ledger_open(struct ledger *l, struct stats *stats, const struct endpoints *endpoints)
{
	static const struct endpoints none;
	int r;

	*l = (struct ledger){ .stats = stats };
	for (size_t i = 0; i < ARRAY_LENGTH(l->rows); i++)
		l->rows[i].heir = NONE;
	l->accounts = calloc(LEDGER_ACCOUNTS_MAX, sizeof(struct ledger_account *));
	if (!l->accounts)
		return -ENOMEM;
	r = ledger_prepare(l, endpoints);
	if (r < 0) {
		ledger_close(l);
		return r;
	}
	ledger_switch(l, &none, endpoints);
	return 0;
}

void ledger_close(struct ledger *l)
{
	for (size_t i = 0; i < l->n_accounts; i++)
		free_account(l->accounts[i]);
	free(l->accounts);
	*l = (struct ledger){ .accounts = NULL };
}
