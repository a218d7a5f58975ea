/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * events: what clients of WatchEvents can hear of. Workers tell their own over the event link, and
 * only the kinds that somebody wants.
 */
#ifndef ECHOD_EVENTS_H
#define ECHOD_EVENTS_H

enum event_kind {
	EVENTS_OPEN = 1 << 0,
	EVENTS_CLOSE = 1 << 1,
	EVENTS_REFUSED = 1 << 2,
	EVENTS_RELOAD = 1 << 3,
	EVENTS_WORKER_DIED = 1 << 4,
	EVENTS_ALL = (1 << 5) - 1,
	EVENTS_UNKNOWN = 1 << 5 /* what the workers go by is not known */
};

#endif
