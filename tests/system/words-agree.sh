#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The long options that a program's --help lists are exactly those of its manual page and of its
# completion in each shell: none is missing, and none that is gone lives on.
. "${top_srcdir:-.}/tests/system/lib.sh"

completions=$top_srcdir/contrib/completions

# agree WHERE: the words on standard input, sorted, are those of --help.
agree() {
  sort -u >"$tmp/words"
  diff "$tmp/help" "$tmp/words" >"$tmp/diff" || fail "$1: $(cat "$tmp/diff")"
}

# options: --NAME on standard input, each on its line, comments apart.
options() {
  grep -v '^[[:space:]]*#' | grep -oE -e '--[a-z][a-z-]*[a-z]' | sed 's/^--//'
}

for program in "$echod" "$echoctl" "$multiconn"; do
  name=${program##*/}
  expect_exit 0 "$program" --help
  # Only the lines of the list of options, up to the help's second column.
  grep -E '^  +(-[A-Za-z0-9]|--[a-z])' "$tmp/stdout" | sed 's/\([^ ]\)   *.*/\1/' | options |
    sort -u >"$tmp/help"
  [ "$(wc -l <"$tmp/help")" -ge 8 ] || fail "$name --help lists only: $(cat "$tmp/help")"
  grep -E '^\.It ' "$top_srcdir"/src/"$name"/"$name".[18] | grep -oE 'Fl -[a-z][a-z-]*' |
    sed 's/^Fl -//' | agree "the manual of $name"
  options <"$completions/$name.bash" | agree "$name.bash"
  options <"$completions/$name.zsh" | agree "$name.zsh"
  grep -oE ' -l [a-z-]+' "$completions/$name.fish" | sed 's/^ -l //' | agree "$name.fish"
done
