/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_value: one setting of a libconfig tree into the member that its row names.
 */
#ifndef ECHOD_CONFIG_VALUE_H
#define ECHOD_CONFIG_VALUE_H

#include <libconfig.h>
#include <stdarg.h>

#include "config_source.h"
#include "config_table.h"

/* What is common to all values of one reading. */
struct config_reader {
	const struct config_source *source;
	struct config_errors *errors;
};

/* Fills the key's member of base, which holds no value yet. 0, -EINVAL with each mistake noted and
 * the member empty, -ENOMEM. */
int config_value_load(const struct config_reader *reader, const struct config_key *key,
		      const config_setting_t *setting, void *base);

/* Notes a mistake at the setting's place, "NAME: text" with the setting's full name. 0, -ENOMEM. */
int config_value_refuse(const struct config_reader *reader, const config_setting_t *setting,
			const char *format, ...) PRINTF_LIKE(3, 4);
int config_value_vrefuse(const struct config_reader *reader, const config_setting_t *setting,
			 const char *format, va_list arguments) PRINTF_LIKE(3, 0);

#endif
