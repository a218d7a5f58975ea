/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * service.c: the list of services. A new one is added to both tables, which stand in one order.
 */
#include "echod/service.h"

#include <assert.h>
#include <string.h>

#include "echod/attr.h"

static const struct service *const services[] = {
	&service_echo, &service_discard, &service_chargen, &service_daytime,
	&service_time, &service_message, &service_reflect,
};

static const char *const names[] = {
	"echo", "discard", "chargen", "daytime", "time", "message", "reflect", NULL,
};

static_assert(ARRAY_LENGTH(names) == ARRAY_LENGTH(services) + 1, "one name for each service");

const struct service *service_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
		if (strcmp(services[i]->name, name) == 0)
			return services[i];
	return NULL;
}

const char *const *service_names(void)
{
	return names;
}
