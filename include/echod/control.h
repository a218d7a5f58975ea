/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * control: the control protocol's two ends over Unix stream sockets.
 *
 *   server   many clients, methods from a table, answers now or later or many; it listens on the
 *            control socket in the master, and serves the links in a worker
 *   link     the calling end in a program with a selector loop: one call in flight, others queue
 *   client   the calling end that simply waits, for echoctl and multiconn
 *
 * Nothing here logs: a server tells its owner by the functions in its settings.
 */
#ifndef ECHOD_CONTROL_H
#define ECHOD_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "echod/attr.h"
#include "echod/selector.h"

/* ---- Errors on the wire; interface-qualified names. ---- */

#define CONTROL_INTERFACE	      "echod.Control"
#define CONTROL_WORKER_INTERFACE      "echod.Worker"
#define CONTROL_ERROR_NOT_FOUND	      "org.varlink.service.MethodNotFound"
#define CONTROL_ERROR_NO_INTERFACE    "org.varlink.service.InterfaceNotFound"
#define CONTROL_ERROR_PARAMETER	      "org.varlink.service.InvalidParameter"
#define CONTROL_ERROR_PERMISSION      "org.varlink.service.PermissionDenied"
#define CONTROL_ERROR_EXPECTED_MORE   "org.varlink.service.ExpectedMore"
#define CONTROL_ERROR_NOT_IMPLEMENTED "org.varlink.service.MethodNotImplemented"

/* ---- Server ---- */

struct control_server;
struct control_call;

enum control_right {
	CONTROL_READ,	 /* whoever can connect */
	CONTROL_OPERATE, /* operate-groups */
	CONTROL_ADMIN	 /* root, the daemon's user, admin-groups */
};

/* One parameter of a method. */
struct control_parameter {
	const char *name;
	json_type type; /* JSON_TRUE stands for either boolean */
	bool optional;	/* may be absent or null */
};

enum {
	CONTROL_PARAMETERS_MAX = 10
};

/* One row per method. start answers with control_reply() or control_error() now, or keeps the call
 * and does so later. Parameters were checked against the row: unknown, missing and mistyped ones
 * have been answered with InvalidParameter. */
struct control_method {
	const char *name; /* without the interface: "GetStatus" */
	enum control_right right;
	bool needs_more; /* without "more" the answer is ExpectedMore */
	void (*start)(struct control_call *call, void *user);
	struct control_parameter parameters[CONTROL_PARAMETERS_MAX]; /* ended by a NULL name */
};

/* Who is at the other end, as the kernel says. */
struct control_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	int fd; /* borrowed, to ask for further groups */
};

struct control_server_settings {
	struct selector *selector; /* borrowed, longer-lived */
	const char *interface;	   /* CONTROL_INTERFACE; all strings borrowed and longer-lived */
	const char *description;   /* interface text for GetInterfaceDescription */
	const char *vendor, *product, *version, *url;
	const struct control_method *methods;
	size_t n_methods;
	void *user; /* handed to start */

	size_t max_request_bytes; /* 64 KiB on the control socket, 16 MiB on a link */
	size_t max_unsent_bytes;  /* a client that owes more, the last reply apart, is dropped */
	size_t max_clients; /* 0 = no limit; one more replaces the longest idle without a call */
	int64_t idle_ms;    /* 0 = none; with a call in flight only one that does not read */
	/* NULL = every right. May this peer do this? */
	bool (*may)(const struct control_peer *peer, enum control_right right, void *user);
	/* All may be NULL. A refusal, a malformed request, a dropped client: for the log. */
	void (*refused)(const struct control_peer *peer, const char *method, void *user);
	void (*malformed)(const struct control_peer *peer, const char *why, void *user);
	void (*gone)(int fd, void *user); /* a client of control_server_add() has ended */
};

struct control_counts {
	int64_t clients;   /* now */
	int64_t dropped;   /* did not read what it asked for */
	int64_t malformed; /* sent something that is no call */
};

/* settings are copied. *ret_server is the caller's. -ENOMEM. */
int control_server_new(const struct control_server_settings *settings,
		       struct control_server **ret_server);
/* Closes the listening socket and every client; calls still kept are cancelled. NULL is fine. Not
 * from inside start(), cancelled() or gone(). Returns NULL. */
struct control_server *control_server_free(struct control_server *server);

/* Accepts clients from this listening socket; the server owns it from here, also on failure. */
int control_server_listen(struct control_server *server, int listen_fd);
/* Stops accepting and closes the listening socket; clients stay. */
void control_server_stop_listening(struct control_server *server);
/* Serves this connected socket (a link); the server owns it from here, also on failure. */
int control_server_add(struct control_server *server, int fd);
/* Tries to send what is unsent, without waiting; true when nothing is left for any client. */
bool control_server_flush(struct control_server *server);

/* When to call control_server_expire() at the latest (INT64_MAX = never), and that call. */
int64_t control_server_deadline_ms(const struct control_server *server);
void control_server_expire(struct control_server *server, int64_t now_ms);
struct control_counts control_server_counts(const struct control_server *server);

/* ---- A call in a server ---- */

/* The parameters, an object, borrowed until the call ends. */
const json_t *control_call_parameters(const struct control_call *call);
bool control_call_wants_more(const struct control_call *call);
const struct control_peer *control_call_peer(const struct control_call *call);
/* Descriptors that came with the request: *ret_fds is borrowed; those the callee takes it sets to
 * -1, the others are closed with the call. */
size_t control_call_fds(struct control_call *call, int **ret_fds);
/* The callee's mark on a call that it keeps, and who is told when the client goes before the last
 * reply: the call is invalid after cancelled() returns, and a reply from inside it goes nowhere. */
void control_call_keep(struct control_call *call, void *mark,
		       void (*cancelled)(struct control_call *call, void *mark));

/* How much of the replies so far the client has not taken: that is in memory. */
size_t control_call_unsent_bytes(const struct control_call *call);
/* For a callee with many replies, who must not make one before there is room for it: taken() is told
 * from the selector loop, with the mark of control_call_keep(), each time the client has taken all
 * that was unsent. */
void control_call_on_taken(struct control_call *call,
			   void (*taken)(struct control_call *call, void *mark));

/* The last reply; the call is over. Each takes the reference to parameters, which may be NULL for an
 * empty object. When there is no memory to encode the reply, the client gets INTERFACE.OutOfMemory
 * instead. No start() is called from inside these: what waits behind the call comes with a later
 * turn of the selector. */
void control_reply(struct control_call *call, json_t *parameters);
/* One of several: "continues". False when the client was dropped and the call is over; cancelled()
 * is not called then. */
bool control_reply_more(struct control_call *call, json_t *parameters);
/* error is qualified ("echod.Control.NoSuchConnection"). */
void control_error(struct control_call *call, const char *error, json_t *parameters);
/* InvalidParameter with that name. */
void control_error_parameter(struct control_call *call, const char *parameter);
/* INTERFACE.OutOfMemory: for a callee that could not make its parameters. */
void control_error_memory(struct control_call *call);

/* ---- Link: calls from a selector loop ---- */

struct control_link;

/* One reply: the whole reply object (borrowed), and error 0; or reply NULL and error -ETIMEDOUT, or
 * -ECONNRESET when the other end has gone. final = no more follow for this call. */
typedef void control_link_reply(const json_t *reply, int error, bool final, void *user);

/* The link owns fd from here, also on failure. closed (may be NULL) is called once when the other
 * end has gone, after every outstanding call was answered; it may free the link. */
int control_link_new(struct selector *selector, int fd, size_t max_bytes,
		     void (*closed)(struct control_link *link, void *user), void *user,
		     struct control_link **ret_link);
/* Outstanding calls are answered with -ECONNRESET unless the reply function is NULL. In a forked
 * child use control_link_abandon() instead. Returns NULL. */
struct control_link *control_link_free(struct control_link *link);
/* In a child: frees memory and closes the descriptor without touching the parent's selector, and
 * calls nobody. Returns NULL. */
struct control_link *control_link_abandon(struct control_link *link);
/* Queues a call. method is qualified; parameters' reference is taken, NULL = {}. fds (n_fds <= 253)
 * are sent with its first byte and stay the caller's, open until then or the reply. timeout_ms
 * counts from when it is sent, behind one that was not answered in time, or that does not go, from
 * here; 0 = none. reply NULL sends it "oneway". -ECONNRESET when the other end has gone, -EINVAL when
 * it cannot be encoded, -ENOMEM; reply is not called then. */
int control_link_call(struct control_link *link, const char *method, json_t *parameters, bool more,
		      const int *fds, size_t n_fds, int64_t timeout_ms, control_link_reply *reply,
		      void *user);
int64_t control_link_deadline_ms(const struct control_link *link);
void control_link_expire(struct control_link *link, int64_t now_ms);

/* ---- Client: calls that wait, each for at most timeout_ms (-ETIMEDOUT) ---- */

struct control_client;

/* Connects. *ret_client is the caller's. -ENOENT, -ECONNREFUSED, -EACCES, or what the call said that
 * failed. */
int control_client_open(const char *path, int64_t timeout_ms, struct control_client **ret_client);
struct control_client *control_client_close(struct control_client *client);
/* Sends a call; method is qualified, parameters' reference is taken, NULL = none. -ECONNRESET when the
 * daemon has closed, -EINVAL when it cannot be encoded, -ENOMEM. */
int control_client_send(struct control_client *client, const char *method, json_t *parameters,
			bool more, int64_t timeout_ms);
/* Waits for the next reply object, the caller's reference. -EBADMSG not JSON, or longer than 16 MiB,
 * -ECONNRESET when the daemon has closed, -ENOMEM. */
int control_client_receive(struct control_client *client, int64_t timeout_ms, json_t **ret_reply);
/* Both: one call, one reply. */
int control_client_call(struct control_client *client, const char *method, json_t *parameters,
			int64_t timeout_ms, json_t **ret_reply);
int control_client_fd(const struct control_client *client);

/* ---- Where the control socket is ---- */

enum {
	CONTROL_PLACES_MAX = 4
};

/* The paths that a client tries, in order: given alone if not NULL, else $ECHOD_SOCKET alone if set,
 * else the user's own place, then the system's. Returns how many; the texts are the caller's to
 * free(). */
size_t control_places(const char *given, char *ret_paths[static CONTROL_PLACES_MAX]);
/* The daemon's run-time directory for this user: $RUNTIME_DIRECTORY, else RUNSTATEDIR/echod as root,
 * else $XDG_RUNTIME_DIR/echod, else /tmp/echod-UID. Not created here. free() it. NULL = no memory. */
char *control_runtime_directory(void);
/* Opens the first of control_places() that answers. On failure the error of the most telling one
 * (-EACCES before -ECONNREFUSED before -ENOENT), and *ret_tried names every path tried, separated by
 * ", ", the caller's to free(). ret_path (may be NULL) gets the one that answered. */
int control_client_find(const char *given, int64_t timeout_ms, struct control_client **ret_client,
			char **ret_path, char **ret_tried);

/* Who may: SO_PEERCRED's gid, SO_PEERGROUPS (getgrouplist elsewhere). True if the peer belongs to
 * any of the groups. */
bool control_peer_in_groups(const struct control_peer *peer, const gid_t *groups, size_t n);

#endif
