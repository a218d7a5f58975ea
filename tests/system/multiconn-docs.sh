#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every option that --help names is in the manual page and in each completion, and the page is clean.
. "${top_srcdir:-.}/tests/system/lib.sh"

page=$top_srcdir/src/multiconn/multiconn.1
expect_exit 0 "$multiconn" --help
options=$(sed -n 's/^  .*--\([a-z]*\) .*/\1/p' "$tmp/stdout")
[ "$(echo "$options" | wc -w)" -ge 11 ] || fail "--help names only: $options"
for option in $options; do
  expect_match "$page" "Fl -$option( |\$)"
  expect_match "$top_srcdir/contrib/completions/multiconn.bash" "--$option([ ']|\$)"
  expect_match "$top_srcdir/contrib/completions/multiconn.zsh" "--${option}[}[]"
  expect_match "$top_srcdir/contrib/completions/multiconn.fish" " -l $option( |\$)"
done
for option in 4 6 B h l m q u V; do
  expect_match "$page" "^\\.It Fl .*$option( |\$)"
  expect_match "$tmp/stdout" "^  .*-${option}[, ]"
  expect_match "$top_srcdir/contrib/completions/multiconn.fish" " -s $option "
done
command -v mandoc >/dev/null || exit 0
mandoc -T lint -W warning "$page" || fail "mandoc has warnings"
