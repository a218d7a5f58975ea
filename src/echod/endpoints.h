/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * endpoints: the sockets that the daemon listens on. An endpoint is one bound address of a listener
 * in one transport; it has one SO_REUSEPORT socket per worker slot, all opened by the master and held
 * open for as long as the endpoint exists, so that what the kernel queues on a slot is never lost
 * with a worker. A Unix endpoint is one socket, which belongs to one slot like any other.
 *
 * A reload opens a new set beside the one in force. Sockets whose transport and address are wanted
 * again are shared by both; closing either set closes only what the other does not hold.
 */
#ifndef ECHOD_ENDPOINTS_H
#define ECHOD_ENDPOINTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "echod/net.h"
#include "src/echod/config.h"

/* What is bound: counted by the sets (in a worker: listeners) that hold it. */
struct endpoint_sockets {
	unsigned references;
	unsigned row; /* in struct stats, for its life; its name between master and workers */
	enum service_transport transport;
	struct net_address address; /* with the port that it really has */
	bool port_from_kernel;	    /* the configuration said 0 */
	int *fds;		    /* n_slots; -1 where a slot has no socket here */
	unsigned n_slots;
};

struct endpoint {
	struct endpoint_sockets *sockets;
	const struct config_listener *listener; /* of the configuration the set was made from */
	bool kept;				/* the set before had it */
};

struct endpoints {
	struct endpoint *items;
	size_t length;
};

/* Opens every endpoint of the configuration, taking over from old (may be NULL) what it has.
 * row_is_busy (may be NULL) tells which rows no new endpoint may have yet. The
 * configuration must outlive the set. On failure nothing new is open and *errors says why. 0, or
 * -errno. */
int endpoints_open(const struct config *config, unsigned n_slots, const struct endpoints *old,
		   bool (*row_is_busy)(unsigned row, const void *user), const void *user,
		   struct endpoints *ret_endpoints, struct config_errors *errors);
/* Gives the set up; sockets that no other set holds are closed, and the nodes of Unix endpoints
 * removed if unlink_paths. */
void endpoints_close(struct endpoints *endpoints, bool unlink_paths);
/* Makes this user the owner of the sockets for TCP and UDP: the kernel lets sockets overlap, as those
 * of a reload may, only if one user owns them. Likewise of Unix sockets' nodes, whose mode a reload may
 * change. Where it cannot be had, only such a reload fails, or warns. */
void endpoints_give(const struct endpoints *endpoints, uid_t uid);
/* Sockets that this set took over follow its configuration as far as they can while they are bound:
 * backlog, and a node's mode. Where not, that is logged. */
void endpoints_renew(const struct endpoints *endpoints);
/* The daemon's end: nothing new comes, and this process's copies are closed, with the nodes of Unix
 * endpoints removed. Those who hold copies accept what waits. The set stays, to be looked at. */
void endpoints_stop_listening(struct endpoints *endpoints);
/* The first half of that: what waits can still be accepted, here too. */
void endpoints_refuse_new(const struct endpoints *endpoints);
/* The item of this row, or NULL. */
const struct endpoint *endpoints_find(const struct endpoints *endpoints, unsigned row);

/* Without sockets yet, with one reference. NULL = no memory. */
struct endpoint_sockets *endpoint_sockets_new(unsigned row, enum service_transport transport,
					      unsigned n_slots);
/* Gives one reference up; the last one closes what is open, and with unlink_path removes a Unix
 * socket's node. NULL is fine. */
void endpoint_sockets_release(struct endpoint_sockets *sockets, bool unlink_path);
/* Closes this process's copies of the sockets; the others' stay. */
void endpoint_close_fds(struct endpoint_sockets *sockets);
/* The slot's socket, or -1. */
int endpoint_fd(const struct endpoint_sockets *sockets, unsigned slot);

enum {
	ENDPOINT_TEXT_SIZE = 144
};
/* "tcp 127.0.0.1 34567" or "unix /run/echo.sock"; returns text. */
const char *endpoint_format(const struct endpoint_sockets *sockets,
			    char text[static ENDPOINT_TEXT_SIZE]);
/* "tcp", "udp", "unix". */
const char *endpoint_transport_name(enum service_transport transport);

#endif
