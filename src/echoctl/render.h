/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * render: answers as text. What an answer holds comes from a daemon of any version: a field that is
 * missing or of another type is named, and nothing is printed.
 */
#ifndef ECHOD_ECHOCTL_RENDER_H
#define ECHOD_ECHOCTL_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum {
	RENDER_WRONG_SIZE = 160
};

/* The answer to GetStatus. 0, -EPROTO with what is wrong in ret_wrong, or -ENOMEM. */
int render_status(const json_t *parameters, bool color, FILE *out,
		  char ret_wrong[static RENDER_WRONG_SIZE]);
/* The answer to GetConfig. The same. */
int render_config(const json_t *parameters, bool color, FILE *out,
		  char ret_wrong[static RENDER_WRONG_SIZE]);
/* The answer to GetConnection. The same. */
int render_connection(const json_t *parameters, bool color, FILE *out,
		      char ret_wrong[static RENDER_WRONG_SIZE]);
/* The answer to TestAcl. The same. */
int render_acl(const json_t *parameters, bool color, FILE *out,
	       char ret_wrong[static RENDER_WRONG_SIZE]);
/* The answer to Reload. The same. */
int render_reload(const json_t *parameters, bool color, FILE *out,
		  char ret_wrong[static RENDER_WRONG_SIZE]);
/* The answer to org.varlink.service.GetInfo, as one line. The same. */
int render_version(const json_t *parameters, bool color, FILE *out,
		   char ret_wrong[static RENDER_WRONG_SIZE]);
/* Any answer, indented or on one line. -ENOMEM. */
int render_json(const json_t *parameters, bool pretty, FILE *out);

#endif
