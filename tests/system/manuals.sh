#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every man page is clean mdoc, to the last remark on its style, but for two: whether other manuals are
# installed depends on the machine, and lines are as long as anywhere in the sources.
. "${top_srcdir:-.}/tests/system/lib.sh"
need mandoc

set -- "$top_srcdir"/src/*/*.[1-8]
[ $# -ge 5 ] || fail "not all man pages found: $*"
for page in "$@"; do
  mandoc -T lint -W style "$page" 2>&1 |
    grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' -e 'text line longer than 80 bytes' >"$tmp/lint"
  [ ! -s "$tmp/lint" ] || fail "$page: $(cat "$tmp/lint")"
  # A macro with its arguments is one line, however long.
  awk 'length > 100 && !/^\.It / { print FILENAME ":" FNR ": longer than 100" }' "$page" >"$tmp/long"
  [ ! -s "$tmp/long" ] || fail "$(cat "$tmp/long")"
done
