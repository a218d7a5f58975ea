/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * endpoints.c: keeping and closing the daemon's listening sockets, which endpoints_open.c opens.
 */
#include "build.h"

#include "src/echod/endpoints.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/attr.h"
#include "echod/log.h"

const char *endpoint_transport_name(enum service_transport transport)
{
	switch (transport) {
	case SERVICE_TCP:
		return "tcp";
	case SERVICE_UDP:
		return "udp";
	case SERVICE_UNIX:
		return "unix";
	}
	return "unknown";
}

const char *endpoint_format(const struct endpoint_sockets *sockets,
			    char text[static ENDPOINT_TEXT_SIZE])
{
	const struct net_address *address = &sockets->address;
	char host[PEER_TEXT_SIZE];
	struct peer peer;

	if (sockets->transport == SERVICE_UNIX) {
		snprintf(text, ENDPOINT_TEXT_SIZE, "unix %s", address->path.sun_path);
		return text;
	}
	net_to_peer(address, &peer);
	snprintf(text, ENDPOINT_TEXT_SIZE, "%s %s %u", endpoint_transport_name(sockets->transport),
		 peer_format_address(&peer, host), net_port(address));
	return text;
}

int endpoint_fd(const struct endpoint_sockets *sockets, unsigned slot)
{
	return slot < sockets->n_slots ? sockets->fds[slot] : -1;
}

void endpoint_close_fds(struct endpoint_sockets *sockets)
{
	for (unsigned i = 0; i < sockets->n_slots; i++)
		if (sockets->fds[i] >= 0)
			close(TAKE_FD(sockets->fds[i]));
}

static void refuse_new(const struct endpoint_sockets *sockets)
{
	/* All copies of them are meant, so only the master may do this. Where it cannot be had, who
	 * comes between the last accept and the close is reset. */
	for (unsigned i = 0; i < sockets->n_slots; i++)
		if (sockets->fds[i] >= 0 && sockets->transport == SERVICE_TCP)
			(void)net_refuse_new(sockets->fds[i]);
}

static bool is_open(const struct endpoint_sockets *sockets)
{
	for (unsigned i = 0; i < sockets->n_slots; i++)
		if (sockets->fds[i] >= 0)
			return true;
	return false;
}

/* Only while we hold it: afterwards the path may be another daemon's. */
static void unlink_node(const struct endpoint_sockets *sockets)
{
	if (sockets->transport == SERVICE_UNIX && is_open(sockets))
		unlink(sockets->address.path.sun_path);
}

void endpoints_refuse_new(const struct endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->length; i++)
		refuse_new(endpoints->items[i].sockets);
}

void endpoints_stop_listening(struct endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->length; i++) {
		struct endpoint_sockets *sockets = endpoints->items[i].sockets;

		unlink_node(sockets);
		refuse_new(sockets);
		endpoint_close_fds(sockets);
	}
}

struct endpoint_sockets *endpoint_sockets_new(unsigned row, enum service_transport transport,
					      unsigned n_slots)
{
	struct endpoint_sockets *sockets = calloc(1, sizeof(*sockets));

	if (!sockets)
		return NULL;
	sockets->fds = malloc(n_slots * sizeof(*sockets->fds));
	if (!sockets->fds) {
		free(sockets);
		return NULL;
	}
	for (unsigned i = 0; i < n_slots; i++)
		sockets->fds[i] = -1;
	sockets->references = 1;
	sockets->row = row;
	sockets->transport = transport;
	sockets->n_slots = n_slots;
	return sockets;
}

void endpoint_sockets_release(struct endpoint_sockets *sockets, bool unlink_path)
{
	if (!sockets || --sockets->references > 0)
		return;
	if (unlink_path)
		unlink_node(sockets);
	endpoint_close_fds(sockets);
	free(sockets->fds);
	free(sockets);
}

void endpoints_close(struct endpoints *endpoints, bool unlink_paths)
{
	for (size_t i = 0; i < endpoints->length; i++)
		endpoint_sockets_release(endpoints->items[i].sockets, unlink_paths);
	free(endpoints->items);
	*endpoints = (struct endpoints){ 0 };
}

static void give(const struct endpoint_sockets *sockets, uid_t uid)
{
	char text[ENDPOINT_TEXT_SIZE];

	for (unsigned i = 0; i < sockets->n_slots; i++)
		if (fchown(sockets->fds[i], uid, (gid_t)-1) < 0)
			log_debug("master", "the socket on %s keeps its owner: %s",
				  endpoint_format(sockets, text), strerror(errno));
}

#if defined(O_PATH) && defined(AT_EMPTY_PATH)
/* A socket without another name, as the node that was bound is: the directory may be somebody's who
 * puts a link in its place, or another name of what he would like to have. So what was looked at is
 * what is given. */
static void give_node(const struct endpoint_sockets *sockets, uid_t uid)
{
	const char *path = sockets->address.path.sun_path;
	CLEANUP_FD int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		log_debug("master", "%s keeps its owner: %s", path, strerror(errno));
	else if (!S_ISSOCK(st.st_mode) || st.st_nlink != 1)
		log_debug("master", "%s keeps its owner: it is not what was bound", path);
	else if (fchownat(fd, "", uid, (gid_t)-1, AT_EMPTY_PATH) < 0)
		log_debug("master", "%s keeps its owner: %s", path, strerror(errno));
}
#else
static void give_node(const struct endpoint_sockets *sockets, uid_t uid UNUSED)
{
	log_debug("master", "%s keeps its owner", sockets->address.path.sun_path);
}
#endif

void endpoints_give(const struct endpoints *endpoints, uid_t uid)
{
	for (size_t i = 0; i < endpoints->length; i++)
		if (endpoints->items[i].sockets->transport == SERVICE_UNIX)
			give_node(endpoints->items[i].sockets, uid);
		else
			give(endpoints->items[i].sockets, uid);
}

static void renew_backlog(const struct endpoint *endpoint)
{
	const struct endpoint_sockets *sockets = endpoint->sockets;
	char text[ENDPOINT_TEXT_SIZE];

	for (unsigned i = 0; i < sockets->n_slots; i++)
		if (sockets->fds[i] >= 0 &&
		    listen(sockets->fds[i], (int)endpoint->listener->backlog) < 0)
			log_warning("master", "%s keeps its backlog: %s",
				    endpoint_format(sockets, text), strerror(errno));
}

static void renew_mode(const struct endpoint *endpoint)
{
	const char *path = endpoint->sockets->address.path.sun_path;
	const mode_t mode = (mode_t)endpoint->listener->socket_mode;
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && (st.st_mode & 0777) != mode &&
	    chmod(path, mode) < 0)
		log_warning("master", "%s keeps its mode: %s", path, strerror(errno));
}

void endpoints_renew(const struct endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->length; i++) {
		const struct endpoint *endpoint = &endpoints->items[i];

		if (!endpoint->kept)
			continue;
		if (endpoint->sockets->transport != SERVICE_UDP)
			renew_backlog(endpoint);
		if (endpoint->sockets->transport == SERVICE_UNIX)
			renew_mode(endpoint);
	}
}

const struct endpoint *endpoints_find(const struct endpoints *endpoints, unsigned row)
{
	for (size_t i = 0; i < endpoints->length; i++)
		if (endpoints->items[i].sockets->row == row)
			return &endpoints->items[i];
	return NULL;
}
