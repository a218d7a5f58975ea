/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_rundir.c: real directories below one of the test's own; who we are is told by the test.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/echod/rundir.h"

static char directory[64], path[160], target[128];

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_rundir.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/echod-%lu", directory, (unsigned long)geteuid());
	snprintf(target, sizeof(target), "%s/target", directory);
	return mkdir(target, 0700);
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(path);
	rmdir(target);
	return rmdir(directory);
}

static void assert_path(const struct rundir_places *places, const char *expected)
{
	char *found = NULL;

	assert_int_equal(rundir_path(places, &found), 0);
	assert_string_equal(found, expected);
	free(found);
}

static void test_place_is_the_first_of_the_order_that_is_set(void **state)
{
	struct rundir_places p = { .uid = 0,
				   .runtime_directory = "/run/a:/run/b",
				   .runstatedir = "/run",
				   .xdg_runtime_dir = "/run/user/7",
				   .tmp = "/tmp" };

	(void)state;
	assert_path(&p, "/run/a");
	p.runtime_directory = "";
	assert_path(&p, "/run/echod");
	p.uid = 7;
	assert_path(&p, "/run/user/7/echod");
	p.xdg_runtime_dir = "relative";
	assert_path(&p, "/tmp/echod-7");
	p.xdg_runtime_dir = NULL;
	p.runtime_directory = NULL;
	assert_path(&p, "/tmp/echod-7");
}

static void test_places_come_from_the_environment(void **state)
{
	struct rundir_places p;

	(void)state;
	setenv("RUNTIME_DIRECTORY", "/a", 1);
	setenv("XDG_RUNTIME_DIR", "/b", 1);
	rundir_places_get(&p);
	assert_string_equal(p.runtime_directory, "/a");
	assert_string_equal(p.xdg_runtime_dir, "/b");
	assert_string_equal(p.runstatedir, RUNSTATEDIR);
	assert_string_equal(p.tmp, "/tmp");
	assert_int_equal(p.uid, geteuid());
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
}

/* As if we were no root, in our own /tmp. A uid of 0 cannot be denied: then these are skipped. */
static struct rundir_places ordinary(void)
{
	return (
	    struct rundir_places){ .uid = geteuid(), .runstatedir = directory, .tmp = directory };
}

/* check_ours() looks at the uid it is told, so root can play another user whose directory it is. */
static int make_as(uid_t uid, char **ret_path, struct why *why)
{
	struct rundir_places p = ordinary();

	p.uid = uid;
	return rundir_make(&p, uid, getegid(), ret_path, why);
}

static void set_path_of(uid_t uid)
{
	snprintf(path, sizeof(path), "%s/echod-%lu", directory, (unsigned long)uid);
}

/* Another than root, and ours when we are not. */
static uid_t somebody(void)
{
	return geteuid() == 0 ? 65534 : geteuid();
}

static void make_directory_of(uid_t uid, mode_t mode)
{
	set_path_of(uid);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, mode), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, uid, (gid_t)-1), 0);
}

static void test_directory_of_ours_is_taken(void **state)
{
	char *found = NULL;
	struct why why;

	(void)state;
	make_directory_of(somebody(), 0700);
	assert_int_equal(make_as(somebody(), &found, &why), 0);
	assert_string_equal(found, path);
	free(found);
}

static void test_directory_of_somebody_else_is_refused(void **state)
{
	char *found = NULL;
	struct why why;

	(void)state;
	set_path_of(12345);
	assert_int_equal(mkdir(path, 0700), 0); /* belongs to us, and uid 12345 asks */
	assert_int_equal(make_as(12345, &found, &why), -EPERM);
	assert_non_null(strstr(why.text, path));
	assert_non_null(strstr(why.text, "belongs to user"));
	assert_null(found);
}

static void test_directory_that_others_may_write_to_is_refused(void **state)
{
	static const mode_t modes[] = { 0777, 0770, 0702 };
	char *found = NULL;
	struct why why;

	(void)state;
	for (int i = 0; i < 3; i++) {
		make_directory_of(somebody(), modes[i]);
		assert_int_equal(make_as(somebody(), &found, &why), -EPERM);
		assert_non_null(strstr(why.text, "others may write"));
		assert_int_equal(rmdir(path), 0);
	}
}

static void test_link_and_plain_file_are_refused(void **state)
{
	char *found = NULL;
	struct why why;
	FILE *f;

	(void)state;
	set_path_of(somebody());
	if (geteuid() == 0)
		assert_int_equal(chown(target, somebody(), (gid_t)-1), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(make_as(somebody(), &found, &why), -ENOTDIR);
	assert_non_null(strstr(why.text, "link"));
	assert_int_equal(unlink(path), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(make_as(somebody(), &found, &why), -ENOTDIR);
	assert_null(found);
}

static void test_missing_directory_is_made_for_us_alone(void **state)
{
	struct rundir_places p = ordinary();
	mode_t mask = umask(0);
	char *found = NULL;
	struct why why;
	struct stat st;
	int r;

	(void)state;
	if (geteuid() == 0)
		p.uid = 12345; /* made, and then refused: root's new directory is not 12345's */
	set_path_of(p.uid);
	r = rundir_make(&p, p.uid, getegid(), &found, &why);
	umask(mask);
	assert_int_equal(r, geteuid() == 0 ? -EPERM : 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	free(found);
}

static void test_place_that_cannot_be_made_is_named(void **state)
{
	struct rundir_places p = ordinary();
	char *found = NULL;
	struct why why;

	(void)state;
	p.uid = 12345;
	p.tmp = "/nonexistent";
	assert_int_equal(rundir_make(&p, 12345, 12345, &found, &why), -ENOENT);
	assert_non_null(strstr(why.text, "/nonexistent/echod-12345"));
}

static void test_runtime_directory_must_be_there(void **state)
{
	struct rundir_places p = ordinary();
	char *found = NULL;
	struct why why;

	(void)state;
	p.runtime_directory = target;
	assert_int_equal(rundir_make(&p, 1, 1, &found, &why), 0);
	assert_string_equal(found, target);
	free(found);
	found = NULL;
	p.runtime_directory = "/nonexistent";
	assert_int_equal(rundir_make(&p, 1, 1, &found, &why), -ENOENT);
	assert_non_null(strstr(why.text, "RUNTIME_DIRECTORY"));
	p.runtime_directory = "/dev/null";
	assert_int_equal(rundir_make(&p, 1, 1, &found, &why), -ENOTDIR);
	assert_null(found);
}

static void test_as_root_it_is_made_with_its_parents_and_given_away(void **state)
{
	struct rundir_places p = ordinary();
	mode_t mask = umask(077);
	char place[128], deep[160];
	char *found = NULL;
	struct why why;
	struct stat st;

	(void)state;
	if (geteuid() != 0) {
		umask(mask);
		skip();
	}
	snprintf(place, sizeof(place), "%s/var/run", directory);
	snprintf(deep, sizeof(deep), "%s/echod", place);
	p.runstatedir = place;
	for (int i = 0; i < 2; i++) { /* the second time it is there already */
		assert_int_equal(rundir_make(&p, 1234, 2345, &found, &why), 0);
		assert_string_equal(found, deep);
		free(found);
		assert_int_equal(stat(deep, &st), 0);
		assert_int_equal(st.st_uid, 1234);
		assert_int_equal(st.st_gid, 2345);
		assert_int_equal(st.st_mode & 07777, 0755);
	}
	umask(mask);
	rmdir(deep);
	rmdir(place);
	*strrchr(place, '/') = '\0';
	assert_int_equal(rmdir(place), 0);
}

#define RUNDIR_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place_is_the_first_of_the_order_that_is_set),
		cmocka_unit_test(test_places_come_from_the_environment),
		RUNDIR_TEST(test_directory_of_ours_is_taken),
		RUNDIR_TEST(test_directory_of_somebody_else_is_refused),
		RUNDIR_TEST(test_directory_that_others_may_write_to_is_refused),
		RUNDIR_TEST(test_link_and_plain_file_are_refused),
		RUNDIR_TEST(test_missing_directory_is_made_for_us_alone),
		RUNDIR_TEST(test_place_that_cannot_be_made_is_named),
		RUNDIR_TEST(test_runtime_directory_must_be_there),
		RUNDIR_TEST(test_as_root_it_is_made_with_its_parents_and_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
