/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * metrics.c: the file for a collector is written beside its place, made readable, and renamed.
 */
#include "build.h"

#include "echoctl/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echoctl/render.h"
#include "echoctl/session.h"
#include "echod/attr.h"

enum {
	FILE_MODE = 0644
};

/* All of the text, readable for a collector, on the disk: where a rename comes before the bytes, a
 * power failure leaves an empty file. Closes fd. 0 or -errno. */
static int fill(int fd, const char *text)
{
	FILE *file = fdopen(fd, "w");
	int r = 0;

	if (!file) {
		r = -errno;
		close(fd);
		return r;
	}
	if (fputs(text, file) == EOF || fflush(file) == EOF || fchmod(fd, FILE_MODE) < 0 ||
	    fsync(fd) < 0)
		r = -errno;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	return r;
}

/* 0 or -errno; the file is whole, or as it was. */
static int write_file(const char *path, const char *text)
{
	CLEANUP_FREE char *beside = NULL;
	int fd, r;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0) {
		beside = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	fd = mkstemp(beside);
	if (fd < 0)
		return -errno;
	r = fill(fd, text);
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(beside);
	return r;
}

/* Behind a symbolic link it is the file there that is replaced, not the link. What is there and is no
 * file, such as a device or a pipe, is nobody's to replace. */
static int output(const char *path, const char *text)
{
	CLEANUP_FREE char *there = realpath(path, NULL);
	struct stat st;
	int r;

	if (there && stat(there, &st) == 0 && !S_ISREG(st.st_mode)) {
		session_complain("%s: is no regular file, and is not replaced", path);
		return EXIT_REFUSED;
	}
	r = write_file(there ? there : path, text);
	if (r == 0)
		return EXIT_OK;
	session_complain("%s: %s", path, strerror(-r));
	return EXIT_REFUSED;
}

int metrics_check(struct options *options)
{
	if (!options->json || !options->output)
		return 0;
	return options_refuse(options, "--json and --output do not go together: the file is for a "
				       "collector");
}

int metrics_run(struct session *session)
{
	const struct options *options = session->options;
	json_t *parameters;
	const char *text;
	int code = session_call(session, CONTROL_INTERFACE ".GetMetrics", NULL, &parameters);

	if (code != EXIT_OK)
		return code;
	text = json_string_value(json_object_get(parameters, "text"));
	if (!text) {
		session_complain("%s: the daemon's answer has no text", session->path);
		code = EXIT_PROTOCOL;
	} else if (options->output) {
		code = output(options->output, text);
	} else if (!options->json) {
		fputs(text, stdout);
	} else if (render_json(parameters, isatty(STDOUT_FILENO), stdout) < 0) {
		session_complain("out of memory");
		code = EXIT_REFUSED;
	}
	json_decref(parameters);
	return code;
}
