/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * udp_send.c: what is answered goes out at once. When the kernel has no room for it, the rest of
 * the batch is copied, and its socket is not read until that is sent: what comes meanwhile waits in
 * the kernel, so a socket costs at most one batch of memory and loses nothing of what it has judged.
 */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echod/attr.h"
#include "src/echod/stats.h"
#include "src/echod/stream.h"
#include "src/echod/udp.h"
#include "src/echod/udp_parts.h"
#include "src/echod/worker.h"

void udp_add_answer(struct udp_pump *pump, struct udp_cell *cell, const void *data, size_t length)
{
	const unsigned i = pump->n_out++;

	pump->out_iov[i] = (struct iovec){ (void *)(uintptr_t)data, length };
	pump->out[i].msg_hdr = (struct msghdr){
		.msg_name = &cell->from.storage,
		.msg_namelen = cell->from.length,
		.msg_iov = &pump->out_iov[i],
		.msg_iovlen = 1,
		.msg_control = cell->out_control,
	};
	net_answer_from(&cell->hit, &pump->out[i].msg_hdr);
}

static void count_sent(struct listener *l, const struct net_address *to, const void *data, size_t n)
{
	struct worker *w = l->worker;
	struct peer peer;

	stats_add(&w->stats->datagrams_sent, 1);
	stats_add(&l->stats->datagrams_sent, 1);
	stats_add(&w->stats->sent_bytes, (int64_t)n);
	stats_add(&l->stats->sent_bytes, (int64_t)n);
	if (!w->setup->observer)
		return;
	net_to_peer(to, &peer);
	w->setup->observer->sent(&peer, data, n);
}

static void count_lost(struct listener *l, const struct net_address *to)
{
	struct peer peer;

	net_to_peer(to, &peer);
	udp_drop(l, &peer, DROP_SEND);
}

/* ---- The batch ---- */

static const struct udp_cell *cell_of(const struct mmsghdr *out)
{
	return CONTAINER_OF(out->msg_hdr.msg_name, const struct udp_cell, from.storage);
}

/* Sends from the first one on; how many the kernel took, or -errno. An error that an ICMP message
 * has left on the socket is about another answer, so the call is made once more. */
static int send_some(int fd, struct mmsghdr *messages, unsigned n)
{
	int sent, refused = 0;

	do
		sent = sendmmsg(fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && (errno == EINTR || (errno == ECONNREFUSED && !refused++)));
	return sent < 0 ? -errno : sent;
}

static bool keep_one(struct udp_unsent *unsent, const struct mmsghdr *out)
{
	const struct udp_cell *cell = cell_of(out);
	const size_t length = out->msg_hdr.msg_iov->iov_len;
	uint8_t *data = malloc(length + 1); /* an empty one has memory too */

	if (!data)
		return false;
	memcpy(data, out->msg_hdr.msg_iov->iov_base, length);
	unsent->items[unsent->n].to = cell->from;
	unsent->items[unsent->n].hit = cell->hit;
	unsent->items[unsent->n].data = data;
	unsent->items[unsent->n++].length = length;
	return true;
}

static void keep_from(struct listener *l, unsigned slot, unsigned first)
{
	const struct udp_pump *pump = l->worker->pump;
	struct udp_unsent *unsent = calloc(1, sizeof(*unsent));

	for (unsigned i = first; i < pump->n_out; i++)
		if (!unsent || !keep_one(unsent, &pump->out[i]))
			count_lost(l, &cell_of(&pump->out[i])->from);
	if (unsent && unsent->n == 0)
		free(TAKE_PTR(unsent));
	l->unsent[slot] = unsent;
}

void udp_send_batch(struct listener *l, unsigned slot, int fd)
{
	struct udp_pump *pump = l->worker->pump;

	for (unsigned i = 0; i < pump->n_out;) {
		const int r = send_some(fd, &pump->out[i], pump->n_out - i);

		if (r == -EAGAIN) {
			keep_from(l, slot, i);
			return;
		}
		if (r <= 0)
			count_lost(l, &cell_of(&pump->out[i++])->from);
		for (int k = 0; k < r; k++, i++)
			count_sent(l, &cell_of(&pump->out[i])->from, pump->out_iov[i].iov_base,
				   pump->out_iov[i].iov_len);
	}
}

/* ---- What was kept ---- */

bool udp_is_stuck(const struct listener *l, unsigned slot)
{
	return l->unsent && l->unsent[slot];
}

static int send_kept(struct udp_unsent *unsent, int fd)
{
	alignas(struct cmsghdr) uint8_t control[NET_CONTROL_BYTES];
	struct iovec iov = { unsent->items[unsent->next].data, unsent->items[unsent->next].length };
	struct mmsghdr message = { .msg_hdr = {
				       .msg_name = &unsent->items[unsent->next].to.storage,
				       .msg_namelen = unsent->items[unsent->next].to.length,
				       .msg_iov = &iov,
				       .msg_iovlen = 1,
				       .msg_control = control,
				   } };

	net_answer_from(&unsent->items[unsent->next].hit, &message.msg_hdr);
	return send_some(fd, &message, 1);
}

static void forget_first(struct listener *l, unsigned slot)
{
	struct udp_unsent *unsent = l->unsent[slot];

	free(unsent->items[unsent->next++].data);
	if (unsent->next == unsent->n)
		free(TAKE_PTR(l->unsent[slot]));
}

void udp_send_unsent(struct listener *l, unsigned slot, int fd)
{
	struct udp_unsent *unsent;

	while ((unsent = l->unsent[slot])) {
		const int r = send_kept(unsent, fd);

		if (r == -EAGAIN)
			return;
		if (r == 1)
			count_sent(l, &unsent->items[unsent->next].to,
				   unsent->items[unsent->next].data,
				   unsent->items[unsent->next].length);
		else
			count_lost(l, &unsent->items[unsent->next].to);
		forget_first(l, slot);
	}
}

void udp_drop_unsent(struct listener *l, unsigned slot)
{
	while (l->unsent[slot]) {
		count_lost(l, &l->unsent[slot]->items[l->unsent[slot]->next].to);
		forget_first(l, slot);
	}
}
