/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * The scanner knows as much of libconfig's grammar as it takes to tell strings, comments, names and
 * numbers apart. What always holds: each line of the text has a place, and no '@' outside a string or
 * a comment reaches libconfig.
 */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_source.h"

enum {
	INCLUDE_DEPTH_MAX = 10,
	TEXT_BYTES_MAX = 4 << 20,
	INCLUDES_MAX = 1000
};

struct scan {
	struct config_source *source;
	struct config_strings *files;
	struct config_errors *errors;
	unsigned depth;
};

/* One file while it is being copied. */
struct cursor {
	const char *file;
	const char *start, *p, *end;
	int line;
};

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*-_0123456789"
#define DIGITS	   "0123456789"

static int scan_file(struct scan *s, const char *file, const char *from, int from_line);

static int refuse(struct scan *s, const struct cursor *c, const char *text)
{
	int r = config_errors_add(s->errors, c->file, c->line, "%s", text);

	return r ? r : -EINVAL;
}

/* ---- Reading ---- */

static int open_regular(const char *file, int *ret_fd)
{
	CLEANUP_FD int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int read_all(int fd, struct buf *bytes)
{
	for (;;) {
		uint8_t *space;
		ssize_t n;
		int r = buf_reserve(bytes, 65536, &space);

		if (r < 0)
			return r;
		n = read(fd, space, 65536);
		buf_commit(bytes, n > 0 ? (size_t)n : 0);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (buf_length(bytes) > TEXT_BYTES_MAX)
			return -EFBIG;
	}
}

int config_source_read_file(const char *file, struct buf *bytes)
{
	CLEANUP_FD int fd = -1;
	int r = open_regular(file, &fd);

	return r < 0 ? r : read_all(fd, bytes);
}

const char *config_source_why(int error)
{
	switch (error) {
	case -EISDIR:
		return "is a directory, not a file";
	case -ENOTSUP:
		return "is not a regular file";
	case -EFBIG:
		return "is too large for a configuration";
	default:
		return strerror(-error);
	}
}

/* ---- Writing ---- */

static int add_place(struct scan *s, const char *file, int line)
{
	struct config_source *source = s->source;

	if (source->n_places == source->room) {
		size_t room = source->room ? 2 * source->room : 64;
		struct config_place *places = reallocarray(source->places, room, sizeof(*places));

		if (!places)
			return -ENOMEM;
		source->places = places;
		source->room = room;
	}
	source->places[source->n_places++] = (struct config_place){ file, line };
	return 0;
}

/* Copies what lies between the cursor and `to`. */
static int copy_to(struct scan *s, struct cursor *c, const char *to)
{
	int r = buf_append(&s->source->text, c->p, (size_t)(to - c->p));

	for (; !r && c->p < to; c->p++)
		if (*c->p == '\n')
			r = add_place(s, c->file, ++c->line);
	if (!r && buf_length(&s->source->text) > TEXT_BYTES_MAX)
		return refuse(s, c, "the files together are too large for a configuration");
	return r;
}

/* ---- The parts of the grammar ---- */

static const char *find(const char *from, const char *end, const char *what, size_t n)
{
	const char *at =
	    n <= (size_t)(end - from) ? memmem(from, (size_t)(end - from), what, n) : NULL;

	return at ? at : end;
}

static int scan_line_comment(struct scan *s, struct cursor *c)
{
	return copy_to(s, c, find(c->p, c->end, "\n", 1));
}

static int scan_block_comment(struct scan *s, struct cursor *c)
{
	const char *to = find(c->p + 2, c->end, "*/", 2);

	if (to == c->end)
		return refuse(s, c, "this comment is never closed");
	return copy_to(s, c, to + 2);
}

static int scan_string(struct scan *s, struct cursor *c)
{
	const char *p = c->p + 1;

	while (p < c->end && *p != '"') {
		if (c->end - p >= 4 && !strncmp(p, "\\x00", 4))
			return refuse(s, c, "a string cannot contain \\x00");
		p += *p == '\\' && p + 1 < c->end && (p[1] == '"' || p[1] == '\\') ? 2 : 1;
	}
	if (p >= c->end)
		return refuse(s, c, "this string is never closed");
	return copy_to(s, c, p + 1);
}

static const char *skip(const struct cursor *c, const char *chars)
{
	const char *p = c->p;

	while (p < c->end && *p != '\0' && strchr(chars, *p))
		p++;
	return p;
}

/* Fractions, hexadecimal numbers and those with a suffix pass as they are. */
static int scan_number(struct scan *s, struct cursor *c)
{
	const char *to = skip(c, DIGITS);
	bool plain = to == c->end || !strchr(".eExXLl", *to);
	uint64_t value = 0;
	int r;

	for (const char *p = c->p; plain && p < to; p++) {
		if (value > (INT64_MAX - 9) / 10)
			return refuse(s, c, "this number is too large");
		value = value * 10 + (uint64_t)(*p - '0');
	}
	r = copy_to(s, c, plain ? to : skip(c, ".+" NAME_CHARS));
	if (!r && value > INT32_MAX)
		r = buf_append(&s->source->text, "L", 1);
	return r;
}

static bool is_first_in_line(const struct cursor *c)
{
	const char *p = c->p;

	while (p > c->start && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == c->start || p[-1] == '\n';
}

/* Absolute, beside the including file when it is relative. *ret_name is the caller's. */
static int include_name(const struct cursor *c, const char *name, size_t length, char **ret_name)
{
	size_t directory = 0;
	char *file;

	if (name[0] != '/')
		directory = (size_t)(strrchr(c->file, '/') + 1 - c->file);
	file = malloc(directory + length + 1);
	if (!file)
		return -ENOMEM;
	memcpy(file, c->file, directory);
	memcpy(file + directory, name, length);
	file[directory + length] = '\0';
	*ret_name = file;
	return 0;
}

/* Puts the file's lines where the line of the directive was. */
static int include(struct scan *s, struct cursor *c, const char *name, size_t length)
{
	CLEANUP_FREE char *file = NULL;
	int r = include_name(c, name, length, &file);

	if (r < 0)
		return r;
	if (s->depth == INCLUDE_DEPTH_MAX || s->files->length > INCLUDES_MAX)
		return refuse(s, c,
			      "too many includes in one another: does a file include itself?");
	s->depth++;
	s->source->n_places--;
	r = scan_file(s, file, c->file, c->line);
	s->depth--;
	if (!r)
		r = buf_append(&s->source->text, "\n", 1);
	return r ? r : add_place(s, c->file, c->line);
}

static int scan_include(struct scan *s, struct cursor *c)
{
	static const char usage[] = "write @include \"FILE\" on a line of its own";
	const size_t directive = strlen("@include");
	const char *name;
	int r;

	if (!is_first_in_line(c) || (size_t)(c->end - c->p) <= directive ||
	    strncmp(c->p, "@include", directive) != 0)
		return refuse(s, c, usage);
	c->p += directive;
	c->p = skip(c, " \t");
	if (c->p == c->end || *c->p != '"')
		return refuse(s, c, usage);
	name = ++c->p;
	while (c->p < c->end && !strchr("\"\\\n", *c->p))
		c->p++;
	if (c->p == c->end || *c->p != '"' || c->p == name)
		return refuse(s, c, usage);
	r = include(s, c, name, (size_t)(c->p - name));
	c->p++;
	return r;
}

static int scan_next(struct scan *s, struct cursor *c)
{
	char next = c->p + 1 < c->end ? c->p[1] : '\0';

	switch (*c->p) {
	case '"':
		return scan_string(s, c);
	case '@':
		return scan_include(s, c);
	case '#':
		return scan_line_comment(s, c);
	case '/':
		if (next == '/')
			return scan_line_comment(s, c);
		if (next == '*')
			return scan_block_comment(s, c);
		return copy_to(s, c, c->p + 1);
	default:
		if (strchr(DIGITS, *c->p))
			return scan_number(s, c);
		if (*c->p != '-' && strchr(NAME_CHARS, *c->p))
			return copy_to(s, c, skip(c, NAME_CHARS));
		return copy_to(s, c, c->p + 1);
	}
}

/* libconfig would see the text end there. */
static int refuse_nul(struct scan *s, struct cursor *c)
{
	const char *nul = memchr(c->p, '\0', (size_t)(c->end - c->p));

	if (!nul)
		return 0;
	for (const char *p = c->p; p < nul; p++)
		c->line += *p == '\n';
	return refuse(s, c, "a NUL byte: this is not a text file");
}

static int scan_bytes(struct scan *s, const char *file, const struct buf *bytes)
{
	struct cursor c = { .file = file, .line = 1 };
	int r;

	if (buf_length(bytes) == 0)
		return add_place(s, c.file, c.line);
	c.start = c.p = (const char *)buf_data(bytes);
	c.end = c.start + buf_length(bytes);
	r = refuse_nul(s, &c);
	if (!r)
		r = add_place(s, c.file, c.line);
	while (!r && c.p < c.end)
		r = scan_next(s, &c);
	return r;
}

static int refuse_file(struct scan *s, const char *file, int error)
{
	const int r = config_errors_add(s->errors, file, 0, "%s", config_source_why(error));

	return r ? r : -EINVAL;
}

/* An include that cannot be read is one mistake; the others are to be told as well. */
static int go_on_without(struct scan *s, const char *file, const char *from, int from_line,
			 int error)
{
	const int r =
	    config_errors_add(s->errors, from, from_line, "%s: %s", file, config_source_why(error));

	s->source->incomplete = true;
	return r ? r : add_place(s, from, from_line);
}

/* from is the file that includes this one, or NULL. */
static int scan_file(struct scan *s, const char *file, const char *from, int from_line)
{
	struct buf bytes = { 0 };
	int r = config_strings_add(s->files, file);

	if (r < 0)
		return r;
	r = config_source_read_file(file, &bytes);
	if (!r)
		r = scan_bytes(s, s->files->items[s->files->length - 1], &bytes);
	else if (r != -ENOMEM)
		r = from ? go_on_without(s, file, from, from_line, r) : refuse_file(s, file, r);
	buf_fini(&bytes);
	return r;
}

int config_source_read(struct config_source *source, const char *file, struct config_strings *files,
		       struct config_errors *errors)
{
	struct scan s = { source, files, errors, 0 };
	int r;

	*source = (struct config_source){ 0 };
	r = scan_file(&s, file, NULL, 0);
	return r ? r : buf_append(&source->text, "", 1);
}

void config_source_fini(struct config_source *source)
{
	buf_fini(&source->text);
	free(source->places);
	*source = (struct config_source){ 0 };
}

struct config_place config_source_place(const struct config_source *source, unsigned line)
{
	if (line == 0 || source->n_places == 0)
		return (struct config_place){ NULL, 0 };
	return source->places[line <= source->n_places ? line - 1 : source->n_places - 1];
}
