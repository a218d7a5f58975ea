/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * log_setup.c: see log_setup.h.
 */
#include "src/echod/log_setup.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "echod/log.h"
#include "src/echod/log_journal.h"

/* Where standard error leads to the journal, which keeps more of a line than its text. */
static enum log_target automatic(bool background)
{
	if (background)
		return LOG_TARGET_SYSLOG;
	return log_journal() && log_stderr_is_journal() ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR;
}

static enum log_target target_of(const struct config *config, bool background)
{
	switch ((enum config_log_target)config->log_to) {
	case CONFIG_LOG_STDERR:
		return LOG_TARGET_STDERR;
	case CONFIG_LOG_SYSLOG:
		return LOG_TARGET_SYSLOG;
	case CONFIG_LOG_JOURNAL:
		return LOG_TARGET_JOURNAL;
	case CONFIG_LOG_FILE:
		return LOG_TARGET_FILE;
	case CONFIG_LOG_AUTO:
		break;
	}
	return automatic(background);
}

/* Takes and gives back the identity for file access alone; root can always come back from this. The
 * supplementary groups are taken for good: root needs none, and the file is opened again with them. */
static int open_as(const struct privileges *p, const struct log_settings *settings)
{
	const gid_t gid = getegid();
	const uid_t uid = geteuid();
	int r;

	if (!p || !p->change)
		return log_open(settings);
	if (setgroups(p->n_groups, p->groups) < 0)
		return -errno;
	if (setegid(p->gid) < 0)
		return -errno;
	r = seteuid(p->uid) < 0 ? -errno : log_open(settings);
	if (seteuid(uid) < 0 || setegid(gid) < 0)
		return -errno;
	return r;
}

int log_setup(const struct config *config, const struct privileges *privileges, bool background,
	      struct why *why)
{
	struct log_settings settings = {
		.program = "echod",
		.target = target_of(config, background),
		.file = config->log_file,
		.level = (enum log_level)config->log_level,
		.journal = log_journal(),
	};
	int r;

	if (settings.target == LOG_TARGET_JOURNAL && !settings.journal)
		return why_set(why, -ENOTSUP, "log.to = \"journal\": built without libsystemd");
	r = open_as(privileges, &settings);
	if (r < 0 && config->log_to == CONFIG_LOG_AUTO && settings.target == LOG_TARGET_JOURNAL) {
		settings.target = LOG_TARGET_STDERR; /* which leads there all the same */
		r = log_open(&settings);
	}
	if (r < 0)
		return why_set(why, r, "cannot open the log%s%s: %s",
			       config->log_file[0] ? " " : "", config->log_file, strerror(-r));
	return 0;
}

static bool same_place(const struct config *a, const struct config *b)
{
	return a->log_to == b->log_to && strcmp(a->log_file, b->log_file) == 0;
}

/* What log_override() was told, which a process that we fork goes by, too. */
static struct {
	bool in_force;
	enum log_level level;
} override;

static void set_level(const struct config *config)
{
	log_set_level(override.in_force ? override.level : (enum log_level)config->log_level);
}

int log_change(const struct config *from, const struct config *to, bool background, struct why *why)
{
	const int r = same_place(from, to) ? 0 : log_setup(to, NULL, background, why);

	if (r >= 0)
		set_level(to);
	return r;
}

void log_override(const enum log_level *level, const struct config *config)
{
	override.in_force = level;
	if (level)
		override.level = *level;
	set_level(config);
}
