/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_dictionary: what is in the file that search-dictionary names. It is read together with the
 * configuration, by the master alone, and travels to the workers inside it.
 */
#ifndef ECHOD_CONFIG_DICTIONARY_H
#define ECHOD_CONFIG_DICTIONARY_H

#include "config.h"

struct json_t; /* jansson's */

/* Reads the dictionary of every listener that names one. Mistakes are noted with the dictionary's
 * own file and line. 0, or -ENOMEM. */
int config_dictionaries_load(struct config *config, struct config_errors *errors);
/* From what config_to_json() made of it: an object of texts, or null. -EINVAL. */
int config_dictionary_from_json(struct json_t *json, struct config_listener *listener);

/* One reference more, and one less; NULL is fine. */
struct json_t *config_dictionary_hold(struct json_t *dictionary);
void config_dictionary_release(struct json_t *dictionary);
/* Do they hold the same? Either may be NULL. */
bool config_dictionary_is_equal(const struct json_t *a, const struct json_t *b);

#endif
