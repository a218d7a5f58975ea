#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every man page is clean mdoc.
. "${top_srcdir:-.}/tests/system/lib.sh"

command -v mandoc >/dev/null || skip "no mandoc"

set -- "$top_srcdir"/src/*/*.[1-8]
[ -f "$1" ] || fail "no man page found"
for page in "$@"; do
  mandoc -T lint -W warning "$page" >"$tmp/lint" || fail "$page: $(cat "$tmp/lint")"
done
