/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * replay.c: main() for a fuzz target where there is no libFuzzer. It plays every file of the seed
 * corpus once, so that `make check` keeps what fuzzing has found.
 *
 *     fuzz_NAME [FILE|DIRECTORY]...    without any: $top_srcdir/tests/fuzz/corpus/NAME
 *
 * A file that cannot be read and a corpus without files are failures.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

enum {
	PATH_SIZE = 4096
};

/* The whole file in memory of its own size, so that a sanitizer sees each byte too many. NULL with
 * errno when it cannot be read. */
static uint8_t *read_file(FILE *file, size_t *ret_size)
{
	struct stat status;
	uint8_t *data;
	size_t size;

	if (fstat(fileno(file), &status) < 0)
		return NULL;
	size = (size_t)status.st_size;
	data = malloc(size ? size : 1);
	if (data && fread(data, 1, size, file) < size) {
		free(data);
		return NULL;
	}
	*ret_size = size;
	return data;
}

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0;
	int played = -1;

	if (file)
		data = read_file(file, &size);
	if (!data) {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	} else {
		LLVMFuzzerTestOneInput(data, size);
		free(data);
		played = 1;
	}
	if (file)
		fclose(file);
	return played;
}

static int replay_directory(const char *path, DIR *directory)
{
	const struct dirent *entry;
	int count = 0;

	while (count >= 0 && (entry = readdir(directory))) {
		char file[PATH_SIZE];

		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) >= PATH_SIZE)
			return -1;
		count = replay_file(file) < 0 ? -1 : count + 1;
	}
	return count;
}

/* How many files were played; -1 when one could not be. */
static int replay(const char *path)
{
	DIR *directory = opendir(path);
	int count;

	if (!directory)
		return replay_file(path);
	count = replay_directory(path, directory);
	closedir(directory);
	return count;
}

/* The corpus that belongs to a program of this name. */
static void own_corpus(const char *program, char path[static PATH_SIZE])
{
	const char *root = getenv("top_srcdir"), *name = strrchr(program, '/');

	name = name ? name + 1 : program;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(path, PATH_SIZE, "%s/tests/fuzz/corpus/%s", root ? root : ".", name);
}

int main(int argc, char *argv[])
{
	char corpus[PATH_SIZE];
	int total = 0;

	own_corpus(argv[0], corpus);
	for (int i = 1; i < argc || i == 1; i++) {
		int count = replay(argc > 1 ? argv[i] : corpus);

		if (count < 0)
			return 1;
		total += count;
	}
	printf("%d inputs replayed\n", total);
	return total == 0;
}
