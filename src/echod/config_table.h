/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_table: ONE table of the configuration's keys. The loader, the defaults, the suggestions,
 * the JSON form and the tests of the sample file and the man page all walk it. A key is added by a
 * member in struct config or struct config_listener and a row here, nowhere else.
 */
#ifndef ECHOD_CONFIG_TABLE_H
#define ECHOD_CONFIG_TABLE_H

#include "config.h"

/* How a value is written in the file, and what it is in memory. */
enum config_kind {
	KIND_NAME,	 /* a user's or group's name, "" = none: char * */
	KIND_PATH,	 /* absolute or "": char * */
	KIND_WORD,	 /* one of words: char * */
	KIND_ENDPOINT,	 /* a numeric address with its port, or "": char * */
	KIND_CHOICE,	 /* one of words: int64_t, its index */
	KIND_BOOL,	 /* bool */
	KIND_INTEGER,	 /* a plain number: int64_t, as the following */
	KIND_COUNT,	 /* a number, or a string with k = 1000 */
	KIND_SIZE,	 /* a number of bytes, or a string with k = 1024 */
	KIND_DURATION,	 /* a number of seconds, or a string with a unit; kept as ms */
	KIND_MODE,	 /* permissions as a string of octal digits */
	KIND_NAMES,	 /* a string or a list of them: struct config_strings */
	KIND_ADDRESSES,	 /* the same */
	KIND_NETWORKS,	 /* a string or a list of CIDR networks: struct config_networks */
	KIND_PORTS,	 /* a port or a list of them: struct config_ports */
	KIND_TRANSPORTS, /* a string or a list of words: unsigned, enum service_transport */
	KIND_SERVICE,	 /* the name of a service: const struct service * */
	CONFIG_KINDS
};

/* When a changed value takes effect after a reload. */
enum config_reload {
	CONFIG_LIVE,		/* at once, for live connections too */
	CONFIG_NEW_CONNECTIONS, /* for what is opened or accepted from then on */
	CONFIG_RESTART		/* after a restart */
};

struct config_key {
	const char *name; /* "workers", "control.socket"; of a listener "port" */
	enum config_kind kind;
	enum config_reload reload;
	bool of_listener;
	bool may_be_off;	  /* "off" is allowed, kept as 0 */
	size_t offset;		  /* in struct config or struct config_listener */
	const char *default_text; /* as it would be written in the file */
	int64_t min, max;	  /* of numbers, in the unit they are kept in */
	const char *const *words; /* of words and choices, ended by NULL */
	const char *help;	  /* one line */
};

/* Every row, the global ones first. */
const struct config_key *config_keys(size_t *ret_length);
/* The row of this name in its scope, or NULL. */
const struct config_key *config_key_find(const char *name, bool of_listener);
/* A key's value in its struct config or struct config_listener. */
void *config_key_value(const struct config_key *key, void *base);
const void *config_key_value_const(const struct config_key *key, const void *base);
/* Where a value came from; listener is NULL for a global key. */
const struct config_origin *config_key_origin(const struct config_key *key,
					      const struct config *config,
					      const struct config_listener *listener);
void config_key_set_origin(const struct config_key *key, void *base,
			   const struct config_origin *origin);
bool config_key_is_equal(const struct config_key *key, const void *a, const void *b);
/* Frees the value and leaves it empty. */
void config_key_fini(const struct config_key *key, void *base);
/* The words of KIND_TRANSPORTS and their bits, ended by a NULL name. */
struct config_transport {
	const char *name;
	enum service_transport bit;
};
extern const struct config_transport config_transports[];

/* A number with the unit that the file would have: "64m", "5s"; modes "0660". Returns text. */
enum {
	CONFIG_NUMBER_SIZE = 24
};
const char *config_key_number(const struct config_key *key, int64_t value,
			      char text[static CONFIG_NUMBER_SIZE]);

/* "LOW to HIGH", with units as the file writes them, or with `or "off"` behind; returns text. */
enum {
	CONFIG_RANGE_SIZE = 80
};
const char *config_key_range(const struct config_key *key, char text[static CONFIG_RANGE_SIZE]);

#endif
