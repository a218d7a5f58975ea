/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_json: a whole effective configuration as JSON, for the link between master and workers.
 *
 *     { "file": TEXT or null, "values": { KEY: VALUE, ... },
 *       "listeners": [ { "name": TEXT, "dictionary": OBJECT or null, KEY: VALUE, ... }, ... ] }
 *
 * Keys are those of the table, every one present. Numbers are in the unit they are kept in (ms,
 * bytes, 0 = off), words are words, lists are arrays of strings, permissions are octal text. Where a
 * value came from is not sent; what is in a search-dictionary is.
 */
#ifndef ECHOD_CONFIG_JSON_H
#define ECHOD_CONFIG_JSON_H

#include <jansson.h>

#include "config.h"
#include "config_table.h"

/* *ret is the caller's reference. 0 or -ENOMEM. */
int config_to_json(const struct config *config, json_t **ret_json);
/* -EINVAL when anything is missing, unknown or of the wrong type; -ENOMEM. Release *ret_config with
 * config_fini(). */
int config_from_json(const json_t *json, struct config *ret_config);

/* Gives the new one the old one's values of all keys of class restart. -ENOMEM. */
int config_keep_restart(const struct config *old_config, struct config *new_config);

/* One key's value; base is the struct config or struct config_listener that holds it. */
int config_value_to_json(const struct config_key *key, const void *base, json_t **ret_json);
int config_value_from_json(const struct config_key *key, const json_t *json, void *base);

#endif
