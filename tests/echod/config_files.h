/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * config_files.h: files of a test in a directory of its own, which goes when the test ends.
 */
#ifndef TESTS_ECHOD_CONFIG_FILES_H
#define TESTS_ECHOD_CONFIG_FILES_H

#include "tests/cmocka_all.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/attr.h"

struct files {
	char directory[64];
	char path[128]; /* of the file written last */
};

static int files_setup(void **state)
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->directory, sizeof(f->directory), "/tmp/echod-config-XXXXXX");
	if (!mkdtemp(f->directory)) {
		free(f);
		return -1;
	}
	*state = f;
	return 0;
}

static int files_remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int files_teardown(void **state)
{
	struct files *f = *state;
	int r = nftw(f->directory, files_remove_one, 8, FTW_DEPTH | FTW_PHYS);

	free(f);
	return r;
}

UNUSED static const char *files_path(struct files *f, const char *name)
{
	assert_true(snprintf(f->path, sizeof(f->path), "%s/%s", f->directory, name) <
		    (int)sizeof(f->path));
	return f->path;
}

UNUSED static const char *files_write_bytes(struct files *f, const char *name, const void *data,
					    size_t n)
{
	FILE *stream = fopen(files_path(f, name), "w");

	assert_non_null(stream);
	assert_int_equal(fwrite(data, 1, n, stream), n);
	assert_int_equal(fclose(stream), 0);
	return f->path;
}

UNUSED static const char *files_write(struct files *f, const char *name, const char *text)
{
	return files_write_bytes(f, name, text, strlen(text));
}

#endif
