/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_source: a configuration file and everything it includes as one text, with a map from its
 * lines to the files and lines they came from.
 *
 * libconfig never opens a file for us: its 1.5 exits the process when it is given a directory, looks
 * for includes in the current directory, and cuts numbers to 32 bits silently. Here only regular
 * files are read, a relative include is looked for beside the file that names it, and a large number
 * gets the suffix that makes libconfig keep it whole.
 */
#ifndef ECHOD_CONFIG_SOURCE_H
#define ECHOD_CONFIG_SOURCE_H

#include "config.h"
#include "echod/buf.h"

struct config_place {
	const char *file; /* in the caller's files */
	int line;
};

struct config_source {
	struct buf text;	     /* ends with a NUL byte */
	struct config_place *places; /* one per line of text */
	size_t n_places, room;
	bool incomplete; /* an include could not be read: what is missing may be in it */
};

/* Reads file, which must be absolute, and its includes; their names are appended to *files, the
 * file itself first. An include that cannot be read is noted in *errors, and left out. 0, -EINVAL with
 * the mistake in *errors, -ENOMEM. Release it in any case. */
int config_source_read(struct config_source *source, const char *file, struct config_strings *files,
		       struct config_errors *errors);
void config_source_fini(struct config_source *source);

/* Reads a whole regular file of at most 4 MiB, behind what is in the buf. -errno; why it may not be,
 * in words, is what config_source_why() makes of that. */
int config_source_read_file(const char *file, struct buf *bytes);
const char *config_source_why(int error);

/* Where this line of the text (from 1) came from. */
struct config_place config_source_place(const struct config_source *source, unsigned line);

#endif
