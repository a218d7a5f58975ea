/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * test_endpoints: to whom the node of a Unix endpoint is given. Only root can give anything.
 */
#include "build.h"

#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "echod/attr.h"
#include "src/echod/endpoints.h"

enum {
	SOMEBODY = 54321
};

static char directory[64], path[96], other[96];
static struct endpoint_sockets *sockets;
static struct endpoint item;
static struct endpoints set;

/* The endpoint is open at path. */
static int set_up(void **state)
{
	const struct net_listen_options options = { .backlog = 1, .socket_mode = 0666 };

	(void)state;
	strcpy(directory, "/tmp/test_endpoints.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/echo", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	sockets = endpoint_sockets_new(0, SERVICE_UNIX, 1);
	if (!sockets || net_parse_path(path, &sockets->address) < 0)
		return -1;
	item = (struct endpoint){ .sockets = sockets };
	set = (struct endpoints){ .items = &item, .length = 1 };
	return net_listen(&sockets->address, &options, &sockets->fds[0]);
}

static int tear_down(void **state)
{
	(void)state;
	endpoint_sockets_release(sockets, true);
	unlink(other);
	return rmdir(directory);
}

static uid_t owner_of(const char *file)
{
	struct stat st;

	assert_int_equal(lstat(file, &st), 0);
	return st.st_uid;
}

/* To one who may write in the directory. */
static void give(void)
{
	if (geteuid() != 0 || chown(directory, SOMEBODY, (gid_t)-1) < 0)
		skip();
	endpoints_give(&set, SOMEBODY);
}

static void test_give_when_node_is_ours_then_it_is_the_users(void **state)
{
	(void)state;
	give();
	assert_int_equal(owner_of(path), SOMEBODY);
}

/* Whoever may write in the directory can put another name of somebody's socket in the node's place. */
static void test_give_when_node_has_another_name_then_it_keeps_its_owner(void **state)
{
	(void)state;
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(link(other, path), 0);
	give();
	assert_int_equal(owner_of(other), 0);
}

static void test_give_when_a_link_is_in_the_nodes_place_then_it_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	give();
	assert_int_equal(owner_of(other), 0);
	assert_int_equal(owner_of(path), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_give_when_node_is_ours_then_it_is_the_users),
		T(test_give_when_node_has_another_name_then_it_keeps_its_owner),
		T(test_give_when_a_link_is_in_the_nodes_place_then_it_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
