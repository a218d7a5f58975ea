/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * ledger: whose counts the rows of struct stats are. The rows belong to addresses, the counts to who
 * is served there: a listener's name, its service and transport, which are also the labels of the
 * metrics. A reload gives a listener other rows, and a row another listener; what a listener has
 * counted it keeps, and has again when it comes back. Owned by the master, who alone reads the rows.
 *
 * What always holds: the rows that a set of endpoints lists for one account show together all that
 * it has ever counted, and what one of them shows never shrinks while it is listed for the account.
 *
 *   a row is listed        it shows its own count, and those of rows that it is the heir of
 *   ... not any more       an heir shows it: the row that came in its place, if one did
 *   ... and no row is      nobody shows it until the account has a row again
 *   ... and another's now  what it had counted is its heir's, or its account's, for good
 */
#ifndef ECHOD_LEDGER_H
#define ECHOD_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "src/echod/endpoints.h"
#include "src/echod/stats.h"

enum {
	/* At most: those of the set in force and of the next one, and the last ones that went. */
	LEDGER_ACCOUNTS_MAX = 4 * CONFIG_ENDPOINTS_MAX
};

struct ledger_account;

struct ledger_counts {
	int64_t accepted, rejected;
	int64_t received_bytes, sent_bytes;
	int64_t datagrams_received, datagrams_sent, datagrams_dropped;
};

struct ledger_row {
	struct ledger_account *account; /* NULL = nobody's */
	int heir;		     /* the listed row that shows it, itself if it is; -1 = none */
	struct ledger_counts before; /* added to what the row has: inherited, less others' */
};

struct ledger {
	struct stats *stats; /* borrowed */
	struct ledger_row rows[CONFIG_ENDPOINTS_MAX];
	struct ledger_account **accounts;
	size_t n_accounts;
	uint64_t changes; /* calls of ledger_prepare() */
};

/* The daemon begins with this set. -ENOMEM. */
int ledger_open(struct ledger *ledger, struct stats *stats, const struct endpoints *endpoints);
/* Zeroed is fine. */
void ledger_close(struct ledger *ledger);
/* A reload may put this set in force: the rows of its new endpoints begin at 0, and what they had is
 * kept. Whether it does is left open, so this may be called again. -ENOMEM. */
int ledger_prepare(struct ledger *ledger, const struct endpoints *endpoints);
/* The set that was prepared last takes the place of the old one. */
void ledger_switch(struct ledger *ledger, const struct endpoints *old_endpoints,
		   const struct endpoints *new_endpoints);

/* What a listed row shows. */
struct ledger_counts ledger_counts(const struct ledger *ledger, unsigned row);
/* How many connections are open there, and on the rows that it is the heir of. */
int64_t ledger_active(const struct ledger *ledger, unsigned row);

#endif
