/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * reason: the fixed words for why something ended, was refused or was dropped. The same words are
 * status keys, metric labels and log text. New ones are added at the end of their list.
 */
#ifndef ECHOD_REASON_H
#define ECHOD_REASON_H

/* Why a connection ended. */
enum close_reason {
	CLOSE_PEER,	   /* the peer ended it */
	CLOSE_RESET,	   /* the peer reset it */
	CLOSE_ERROR,	   /* the kernel reported another error on it */
	CLOSE_IDLE,	   /* idle-timeout */
	CLOSE_FIRST_BYTE,  /* first-byte-timeout */
	CLOSE_LIFETIME,	   /* lifetime */
	CLOSE_STALL,	   /* the peer took nothing for stall-timeout */
	CLOSE_DRAIN,	   /* the daemon was stopping */
	CLOSE_CONTROL,	   /* an operator closed it */
	CLOSE_PROTOCOL,	   /* the peer broke the service's protocol */
	CLOSE_SERVICE,	   /* the service had nothing more to say */
	CLOSE_MEMORY,	   /* memory, or max-pending-total, ran out */
	CLOSE_WORKER_LOST, /* its worker died */
	CLOSE_REASONS
};

/* Why a connection was refused. */
enum reject_reason {
	REJECT_LIMIT,
	REJECT_SOURCE_LIMIT,
	REJECT_RATE,
	REJECT_ACL,
	REJECT_PROXY,
	REJECT_DRAINING,
	REJECT_DESCRIPTORS,
	REJECT_REASONS
};

/* Why accept failed. */
enum accept_error {
	ACCEPT_ECONNABORTED,
	ACCEPT_EMFILE,
	ACCEPT_ENFILE,
	ACCEPT_ENOBUFS,
	ACCEPT_ENOMEM,
	ACCEPT_OTHER,
	ACCEPT_ERRORS
};

/* Why a datagram was not answered. */
enum drop_reason {
	DROP_PORT_ZERO,
	DROP_OWN_PORT,
	DROP_REFLECTOR_PORT,
	DROP_BAD_SOURCE,
	DROP_LOOPBACK_ELSEWHERE,
	DROP_SELF,
	DROP_RATE,
	DROP_ACL,
	DROP_SHORT,
	DROP_TRUNCATED,
	DROP_SEND,
	DROP_REASONS
};

/* The word, or "unknown" for a value that is none. */
const char *close_reason_name(enum close_reason reason);
const char *reject_reason_name(enum reject_reason reason);
const char *accept_error_name(enum accept_error error);
const char *drop_reason_name(enum drop_reason reason);

/* Which of the fixed accept errors this errno value is. */
enum accept_error accept_error_of(int errno_value);

#endif
