/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * Loads a configuration file of any bytes. What always holds: a refused file has at least one mistake
 * with a text that can be logged, and one that is accepted is the same after it went through JSON.
 */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "echod/config.h"
#include "echod/config_json.h"
#include "tests/fuzz/fuzz.h"

/* Not assert(): it must hold in every build. */
#define MUST(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

/* libconfig 1.5 forgets a string that it was reading when it meets an error of grammar. The daemon
 * parses in a forked child first, so that it never lives with the loss. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

/* A file without a name, opened again as /dev/fd/N: nothing stays behind after a crash. */
static int scratch_file(void)
{
	static int fd = -1;
	char path[] = "/tmp/echod-fuzz-XXXXXX";

	if (fd < 0) {
		fd = mkstemp(path);
		MUST(fd >= 0);
		MUST(unlink(path) == 0);
	}
	return fd;
}

static void write_file(int fd, const uint8_t *data, size_t size)
{
	MUST(ftruncate(fd, 0) == 0);
	MUST(pwrite(fd, data, size, 0) == (ssize_t)size);
	MUST(lseek(fd, 0, SEEK_SET) == 0);
}

static void check_round_trip(const struct config *config)
{
	json_t *json, *again;
	struct config copy;

	MUST(config_to_json(config, &json) == 0);
	MUST(config_from_json(json, &copy) == 0);
	MUST(config_to_json(&copy, &again) == 0);
	MUST(json_equal(json, again));
	json_decref(json);
	json_decref(again);
	config_fini(&copy);
}

static void check_errors(const struct config_errors *errors)
{
	MUST(errors->length > 0);
	for (size_t i = 0; i < errors->length; i++) {
		MUST(errors->items[i].file != NULL);
		MUST(errors->items[i].line >= 0);
		MUST(errors->items[i].message[0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_errors errors = { 0 };
	struct config config;
	char path[32];
	int fd = scratch_file();

	write_file(fd, data, size);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	if (config_load(path, &config, &errors) == 0) {
		MUST(errors.length == 0);
		check_round_trip(&config);
		config_fini(&config);
	} else {
		check_errors(&errors);
	}
	config_errors_fini(&errors);
	return 0;
}
