/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * status_line: how the daemon is, in one line, for the service manager and whoever asks that.
 */
#ifndef ECHOD_STATUS_LINE_H
#define ECHOD_STATUS_LINE_H

struct master;

enum {
	STATUS_LINE_SIZE = 400
};

/* "running: 3 of 4 workers; tcp 127.0.0.1 7, tcp ::1 7"; what does not fit is counted. Returns
 * text. */
const char *status_line(const struct master *m, char text[static STATUS_LINE_SIZE]);

#endif
