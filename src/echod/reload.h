/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reload: the master takes a new configuration, all of it or nothing, without ever waiting.
 *
 *   IDLE ──asked──> CHECKING ──good──> ADDING ──all have them──> SWITCHING ──all have switched──┐
 *                      │                  └─────one could not──────┴──> UNDOING ──┐             │ commit
 *                      └─a mistake, or nothing can be opened──> IDLE              v             v
 *                                                       IDLE <── CLOSING <── LETTING_GO <───────┘
 *
 *   reload.c                 the phases
 *   reload_end.c             how it ended, told to all
 *   reload_check.c           the child that reads the file first
 *   reload_compare.c         what differs between two configurations
 *   handlers_reload.c        who asked, and what they are told
 *   handlers_reload_link.c   the calls to the workers
 *
 * What always holds: m->config and m->endpoints are what the daemon is to serve; struct reload owns
 * the other set. From ADDING on no worker is forked: those there are get the messages, and whoever
 * comes later begins with what is in force then.
 */
#ifndef ECHOD_RELOAD_H
#define ECHOD_RELOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/echod/config.h"
#include "src/echod/endpoints.h"
#include "src/echod/reload_check.h"
#include "src/echod/reload_compare.h"
#include "src/echod/site.h"
#include "src/echod/why.h"

struct master;
struct master_worker;
struct reload_caller;

enum reload_phase {
	RELOAD_IDLE,
	RELOAD_CHECKING,  /* a child reads the file */
	RELOAD_ADDING,	  /* the workers get the sockets of new endpoints */
	RELOAD_SWITCHING, /* then the configuration */
	RELOAD_UNDOING,	  /* one could not: all get the old one again */
	RELOAD_LETTING_GO, /* of sockets that are not listed any more, where they do not serve them */
	RELOAD_CLOSING	   /* of the others, after accepting what waits there */
};

/* How one reload ended. */
struct reload_result {
	bool ok;
	struct reload_difference difference;
	struct config_errors errors; /* mistakes in the files, or addresses that cannot be had */
	struct why why;		     /* what else went wrong */
};

/* The last one, for the status. */
struct reload_last {
	int64_t time_s; /* 0 = there was none */
	bool ok;
	struct why why; /* "" when ok */
};

struct reload {
	enum reload_phase phase;
	bool asked; /* one is to begin */
	struct reload_check check;
	struct config config; /* the new one, until it is in force */
	struct endpoints endpoints;
	struct site site;  /* likewise, where it is another */
	bool site_changes; /* it is */
	struct reload_result result;
	struct reload_last last;
	struct reload_caller *callers; /* handlers_reload.c */

	unsigned outstanding; /* answers of workers in this phase */
	size_t item;	      /* ADDING: which endpoint, and which of its slots */
	unsigned first_slot, count;
	bool lost[CONFIG_WORKERS_MAX]; /* has not answered in time; nobody waits for it any more */
	bool retired;		       /* everybody has given up what was to be given up */
	bool unsure[CONFIG_ENDPOINTS_MAX]; /* rows that some worker may still serve */
};

/* ---- reload.c ---- */

/* A reload begins with the next turn of the loop, or after the one that is under way. */
void reload_ask(struct master *m);
/* When something is due at the latest, and that. */
int64_t reload_deadline_ms(const struct master *m);
void reload_expire(struct master *m);
/* A child that is no worker has ended. */
void reload_child_ended(struct master *m, pid_t pid, int status);
/* A worker's answer to the call of this phase: 0, -errno of the link, or -EPROTO with the refusal's
 * words. */
void reload_answered(struct master_worker *worker, int error, const char *message);
/* True while no worker may be forked. */
bool reload_holds_forks(const struct master *m);
/* The daemon stops: nobody waits for the reload any more. */
void reload_stop(struct master *m);
/* Closes what the reload under way had opened. */
void reload_fini(struct master *m);

/* ---- reload_end.c ---- */

/* m->reload.result is final: tells it, and the reload is over. */
void reload_conclude(struct master *m);

/* ---- handlers_reload.c ---- */

/* Those that wait now are told how the reload that begins now ends. */
void reload_callers_begin(struct master *m);
void reload_callers_tell(struct master *m, const struct reload_result *result);
/* The daemon stops: all are told so. */
void reload_callers_dismiss(struct master *m);

/* ---- handlers_reload_link.c: the calls; nobody waits for an answer without wait. 0 or -errno ---- */

int reload_call_add_sockets(struct master_worker *worker, const struct endpoint_sockets *sockets,
			    unsigned first_slot, unsigned count, bool wait);
int reload_call_configure(struct master_worker *worker, int64_t generation,
			  const struct config *config, const struct endpoints *endpoints,
			  bool wait);
int reload_call_retire(struct master_worker *worker, bool last, bool wait);

#endif
