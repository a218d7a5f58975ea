/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_privileges.c: the drop for real, each in a forked child, because there is no way back. It
 * needs root. Without it the program starts itself again as root of a user namespace that has other
 * users as well; where there is none to be had, the tests that need root are skipped, which shows.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "echod/attr.h"
#include "echod/net.h"
#include "src/echod/privileges.h"

static struct why why;

static void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message(
	    "needs root, or a user namespace with other users (newuidmap, /etc/subuid)\n");
	skip();
}

/* Runs this in a child and asserts that it exits 0. */
static void assert_child(void (*does)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		does();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status != 0)
		fail_msg("the child failed, see above (wait status %#x)", (unsigned)status);
}

/* In a child: cmocka's own asserts would run the rest of the tests there. */
#define CHILD_ASSERT(condition)                                                                \
	do {                                                                                   \
		if (!(condition)) {                                                            \
			fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, why.text); \
			_exit(1);                                                              \
		}                                                                              \
	} while (0)

/* The number behind this name in /proc/self/status, read as hexadecimal. */
static unsigned long long status_number(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long value = ~0ULL;
	char line[512];

	CHILD_ASSERT(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = strtoull(line + strlen(name) + 1, NULL, 16);
	}
	fclose(f);
	return value;
}

/* Can a port below 1024 be bound? Ten are tried, because others may be using some. In a network
 * namespace of our own even 127.0.0.1 is no address yet; there any will do. */
static bool can_bind_low_port(void)
{
	struct net_listen_options options = { .backlog = 1, .socket_mode = -1 };
	struct net_address address;
	int fd, r = -1;

	for (uint16_t port = 1000; port < 1010 && r != 0 && r != -EACCES; port++) {
		CHILD_ASSERT(net_parse("127.0.0.1", port, &address) == 0);
		r = net_listen(&address, &options, &fd);
		if (r == -EADDRNOTAVAIL) {
			net_any(AF_INET, port, &address);
			r = net_listen(&address, &options, &fd);
		}
	}
	if (r == 0)
		close(fd);
	return r == 0;
}

/* ---- Finding ---- */

static struct privileges find(const char *user, const char *group)
{
	struct privileges p = { .change = false };
	int r = privileges_find(user, group, &p, &why);

	if (r < 0)
		fail_msg("%s: %s", strerror(-r), why.text);
	return p;
}

static void test_user_can_be_named_or_numbered(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct privileges by_name, by_number;
	char number[32];

	(void)state;
	need_root();
	if (!nobody)
		skip();
	snprintf(number, sizeof(number), "%lu", (unsigned long)nobody->pw_uid);
	by_name = find("nobody", NULL);
	by_number = find(number, "");
	assert_true(by_name.change && by_number.change);
	assert_int_equal(by_name.uid, by_number.uid);
	assert_int_equal(by_name.gid, by_number.gid);
	assert_string_equal(by_name.user, "nobody");
	assert_string_equal(by_number.user, "nobody");
	assert_string_equal(why.text, "");
	privileges_fini(&by_name);
	privileges_fini(&by_number);
}

static void test_group_replaces_the_users_own(void **state)
{
	struct privileges p;

	(void)state;
	need_root();
	p = find("nobody", "54321");
	assert_int_equal(p.gid, 54321);
	assert_true(p.n_groups >= 1);
	assert_int_equal(p.groups[0], 54321);
	privileges_fini(&p);
}

static void test_number_without_an_entry_needs_a_group(void **state)
{
	struct privileges p = { .change = false };

	(void)state;
	need_root();
	assert_int_equal(privileges_find("54321", NULL, &p, &why), -ENOENT);
	assert_non_null(strstr(why.text, "a group must be named"));
	p = find("54321", "54322");
	assert_int_equal(p.uid, 54321);
	assert_int_equal(p.gid, 54322);
	assert_string_equal(p.user, "54321");
	privileges_fini(&p);
}

static void test_root_asked_for_stays_root(void **state)
{
	struct privileges p;

	(void)state;
	need_root();
	p = find("root", NULL);
	assert_false(p.change);
	assert_int_equal(p.uid, 0);
	assert_int_equal(p.n_groups, 0);
	p = find("0", NULL);
	assert_false(p.change);
}

static void test_root_that_names_nobody_becomes_echod_or_nobody_with_a_warning(void **state)
{
	struct privileges p;

	(void)state;
	need_root();
	p = find(NULL, NULL);
	assert_true(p.change);
	assert_int_not_equal(p.uid, 0);
	if (getpwnam("echod")) {
		assert_string_equal(p.user, "echod");
		assert_string_equal(why.text, "");
	} else {
		assert_string_equal(p.user, "nobody");
		assert_non_null(strstr(why.text, "no user \"echod\""));
	}
	privileges_fini(&p);
}

static void test_unknown_names_are_errors_that_name_them(void **state)
{
	struct privileges p = { .uid = 77 };

	(void)state;
	assert_int_equal(privileges_find("no-such-user", NULL, &p, &why), -ENOENT);
	assert_non_null(strstr(why.text, "\"no-such-user\""));
	assert_int_equal(
	    privileges_find(geteuid() == 0 ? "nobody" : NULL, "no-such-group", &p, &why), -ENOENT);
	assert_non_null(strstr(why.text, "\"no-such-group\""));
	assert_int_equal(p.uid, 77);
}

static void test_minus_one_is_nobodys_number(void **state)
{
	uid_t uid = 77;
	gid_t gid = 77;

	(void)state;
	assert_int_equal(privileges_user_id("4294967295", &uid), -ENOENT);
	assert_int_equal(privileges_group_id("4294967295", &gid), -ENOENT);
	assert_int_equal(privileges_group_id("-1", &gid), -ENOENT);
	assert_int_equal(uid, 77);
	assert_int_equal(privileges_group_id("4294967294", &gid), 0);
	assert_int_equal(gid, 4294967294);
	assert_int_equal(privileges_group_id("root", &gid), 0);
	assert_int_equal(gid, 0);
}

/* In a child that is no root: root becomes somebody for it. */
static void find_as_other(void)
{
	struct privileges p = { .change = true };
	char own_user[32], own_group[32];

	if (geteuid() == 0)
		CHILD_ASSERT(setgroups(0, NULL) == 0 && setgid(54322) == 0 && setuid(54321) == 0);
	snprintf(own_user, sizeof(own_user), "%lu", (unsigned long)geteuid());
	snprintf(own_group, sizeof(own_group), "%lu", (unsigned long)getegid());
	CHILD_ASSERT(privileges_find(NULL, NULL, &p, &why) == 0);
	CHILD_ASSERT(!p.change && p.uid == geteuid() && p.gid == getegid());
	CHILD_ASSERT(privileges_find(own_user, own_group, &p, &why) == 0);
	CHILD_ASSERT(!p.change && p.uid == geteuid() && p.gid == getegid());
	CHILD_ASSERT(privileges_find("root", NULL, &p, &why) == -EPERM);
	CHILD_ASSERT(strstr(why.text, "only root can become user \"root\""));
	CHILD_ASSERT(privileges_find(NULL, "0", &p, &why) == -EPERM);
	CHILD_ASSERT(strstr(why.text, "only root can change to group \"0\""));
	CHILD_ASSERT(privileges_drop(&p, true, &why) == 0);
	CHILD_ASSERT(status_number("NoNewPrivs") == 1);
	CHILD_ASSERT(status_number("CapPrm") == 0);
}

static void test_other_than_root_stays_and_may_name_only_itself(void **state)
{
	(void)state;
	assert_child(find_as_other);
}

/* ---- Dropping ---- */

static const gid_t some_groups[] = { 54322, 54323, 54324 };

static struct privileges some_user(void)
{
	static gid_t groups[3];

	memcpy(groups, some_groups, sizeof(groups));
	return (struct privileges){ .change = true,
				    .uid = 54321,
				    .gid = 54322,
				    .groups = groups,
				    .n_groups = 3,
				    .user = "54321" };
}

static void drop(bool keep_bind)
{
	struct privileges p = some_user();
	gid_t groups[8];

	CHILD_ASSERT(privileges_drop(&p, keep_bind, &why) == 0);
	CHILD_ASSERT(getuid() == 54321 && geteuid() == 54321);
	CHILD_ASSERT(getgid() == 54322 && getegid() == 54322);
	CHILD_ASSERT(getgroups(8, groups) == 3);
	CHILD_ASSERT(memcmp(groups, some_groups, sizeof(some_groups)) == 0);
	CHILD_ASSERT(status_number("NoNewPrivs") == 1);
	CHILD_ASSERT(status_number("CapInh") == 0);
	CHILD_ASSERT(status_number("CapAmb") == 0);
	CHILD_ASSERT(setuid(0) < 0 && seteuid(0) < 0 && setgid(0) < 0);
	CHILD_ASSERT(access("/proc/1/mem", R_OK) < 0);
	CHILD_ASSERT(setgroups(0, NULL) < 0);
}

static void drop_to_nothing(void)
{
	drop(false);
	CHILD_ASSERT(status_number("CapPrm") == 0);
	CHILD_ASSERT(status_number("CapEff") == 0);
	CHILD_ASSERT(!can_bind_low_port());
}

static void drop_to_bind(void)
{
	const unsigned long long bind_service = 1ULL << 10;

	drop(true);
	CHILD_ASSERT(status_number("CapPrm") == (privileges_can_keep_bind() ? bind_service : 0));
	CHILD_ASSERT(status_number("CapEff") == (privileges_can_keep_bind() ? bind_service : 0));
	CHILD_ASSERT(can_bind_low_port() == privileges_can_keep_bind());
}

static void test_drop_leaves_no_way_back_and_no_capability(void **state)
{
	(void)state;
	need_root();
	assert_child(drop_to_nothing);
}

static void test_drop_of_the_master_leaves_the_binding_of_low_ports(void **state)
{
	(void)state;
	need_root();
	assert_child(drop_to_bind);
}

/* A worker drops what its master kept: the second drop is one of an ordinary user. */
static void drop_twice(void)
{
	struct privileges p = some_user();

	CHILD_ASSERT(privileges_drop(&p, true, &why) == 0);
	p.change = false;
	CHILD_ASSERT(privileges_drop(&p, false, &why) == 0);
	CHILD_ASSERT(status_number("CapPrm") == 0);
	CHILD_ASSERT(!can_bind_low_port());
}

static void test_worker_of_a_master_that_kept_binding_can_drop_the_rest(void **state)
{
	(void)state;
	need_root();
	assert_child(drop_twice);
}

static void stay_root(void)
{
	struct privileges p = { .change = false, .user = "root" };
	unsigned long long before = status_number("CapPrm");

	CHILD_ASSERT(privileges_drop(&p, false, &why) == 0);
	CHILD_ASSERT(geteuid() == 0);
	CHILD_ASSERT(status_number("CapPrm") == before);
	CHILD_ASSERT(status_number("NoNewPrivs") == 1);
}

static void test_root_that_stays_keeps_its_capabilities(void **state)
{
	(void)state;
	need_root();
	assert_child(stay_root);
}

/* Half a drop: the right to change groups is there no more. */
static void drop_without_the_right(void)
{
	struct privileges p = some_user();

	CHILD_ASSERT(setgid(54322) == 0 && setuid(54321) == 0);
	CHILD_ASSERT(privileges_drop(&p, false, &why) == -EPERM);
	CHILD_ASSERT(strstr(why.text, "54321"));
}

static void test_drop_that_fails_says_so(void **state)
{
	(void)state;
	need_root();
	assert_child(drop_without_the_right);
}

/* ---- A node of another group ---- */

static void test_node_made_within_has_the_group_and_the_mode(void **state)
{
	char directory[] = "/tmp/test_privileges.XXXXXX", path[64];
	struct privileges_group before;
	struct net_listen_options options = { .backlog = 1, .socket_mode = -1 };
	struct net_address address;
	gid_t group = geteuid() == 0 ? 54323 : getegid();
	gid_t own = getegid();
	mode_t mask = umask(027);
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	assert_int_equal(net_parse_path(path, &address), 0);
	assert_int_equal(privileges_group_enter(group, 0117, &before), 0);
	assert_int_equal(net_listen(&address, &options, &fd), 0);
	privileges_group_leave(&before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_gid, group);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(getegid(), own);
	assert_int_equal(umask(mask), 027);
	close(fd);
	unlink(path);
	rmdir(directory);
}

static void enter_without_the_right(void)
{
	struct privileges_group before = { .mask = 07 };
	mode_t mask = umask(022);

	if (geteuid() == 0)
		CHILD_ASSERT(setgid(54322) == 0 && setuid(54321) == 0);
	CHILD_ASSERT(privileges_group_enter(54329, 0117, &before) == -EPERM);
	CHILD_ASSERT(before.mask == 07 && umask(mask) == 022);
	CHILD_ASSERT(privileges_group_enter((gid_t)-1, 0117, &before) == 0);
	privileges_group_leave(&before);
}

static void test_group_that_is_not_ours_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	assert_child(enter_without_the_right);
}

#define UNSHARE "unshare", "--user", "--map-root-user", "--map-auto", "--net"

/* Starts this program again as root of a user namespace, if that works here; it returns if not. */
static void become_namespace_root(const char *program)
{
	int status = -1;
	pid_t child;

	if (geteuid() == 0 || getenv("TEST_PRIVILEGES_AGAIN"))
		return;
	child = fork();
	if (child == 0) {
		close(STDERR_FILENO);
		execlp("unshare", UNSHARE, "true", (char *)NULL);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		return;
	setenv("TEST_PRIVILEGES_AGAIN", "1", 1);
	execlp("unshare", UNSHARE, program, (char *)NULL);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user_can_be_named_or_numbered),
		cmocka_unit_test(test_group_replaces_the_users_own),
		cmocka_unit_test(test_number_without_an_entry_needs_a_group),
		cmocka_unit_test(test_root_asked_for_stays_root),
		cmocka_unit_test(
		    test_root_that_names_nobody_becomes_echod_or_nobody_with_a_warning),
		cmocka_unit_test(test_unknown_names_are_errors_that_name_them),
		cmocka_unit_test(test_minus_one_is_nobodys_number),
		cmocka_unit_test(test_other_than_root_stays_and_may_name_only_itself),
		cmocka_unit_test(test_drop_leaves_no_way_back_and_no_capability),
		cmocka_unit_test(test_drop_of_the_master_leaves_the_binding_of_low_ports),
		cmocka_unit_test(test_worker_of_a_master_that_kept_binding_can_drop_the_rest),
		cmocka_unit_test(test_root_that_stays_keeps_its_capabilities),
		cmocka_unit_test(test_drop_that_fails_says_so),
		cmocka_unit_test(test_node_made_within_has_the_group_and_the_mode),
		cmocka_unit_test(test_group_that_is_not_ours_is_refused_and_changes_nothing),
	};

	(void)argc;
	become_namespace_root(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
