/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * page_style: what the status page looks like.
 */
#ifndef ECHOD_PAGE_STYLE_H
#define ECHOD_PAGE_STYLE_H

/* /style.css */
extern const char page_style[];

#endif
