#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The long options that a program's --help lists are exactly those of its manual page and of its
# completion in each shell: none is missing, and none that is gone lives on. Its letters are there, too,
# and each shell can read its completion.
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

# has_letter FILE LETTER: where that kind of file offers it. In bash what is offered is in quotes; what
# stands before a bracket is only compared with.
has_letter() {
  case $1 in
    *.bash) grep -v "^[[:space:]]*-[^'\"]*)\$" "$1" | tr " \t'" '\n' | grep -qxe "-$2" ;;
    *.zsh) grep -qE -e "[{)']-$2[,[]" "$1" ;;
    *.fish) grep -q -e " -s $2 " "$1" ;;
    *) grep -qE -e "^\.It .*Fl $2( |\$)" "$1" ;;
  esac || fail "$1 has no -$2"
}

for program in "$echod" "$echoctl" "$multiconn"; do
  name=${program##*/}
  expect_exit 0 "$program" --help
  # But for a line that is a path, which is as long as it is.
  ! grep -E '.{81}' "$tmp/stdout" | grep -v '^/[^ ]*$' || fail "$name --help does not fit into 80 columns"
  # Only the lines of the list of options, up to the help's second column.
  grep -E '^  +(-[A-Za-z0-9]|--[a-z])' "$tmp/stdout" | sed 's/\([^ ]\)   *.*/\1/' | options |
    sort -u >"$tmp/help"
  [ "$(wc -l <"$tmp/help")" -ge 8 ] || fail "$name --help lists only: $(cat "$tmp/help")"
  grep -E '^\.It ' "$top_srcdir"/src/"$name"/"$name".[18] | grep -oE 'Fl -[a-z][a-z-]*' |
    sed 's/^Fl -//' | agree "the manual of $name"
  options <"$completions/$name.bash" | agree "$name.bash"
  options <"$completions/$name.zsh" | agree "$name.zsh"
  grep -oE ' -l [a-z-]+' "$completions/$name.fish" | sed 's/^ -l //' | agree "$name.fish"
  letters=$(sed -n 's/^ *-\([A-Za-z0-9]\),.*/\1/p; s/^ *-[0-9], -\([0-9]\) .*/\1/p' "$tmp/stdout")
  [ "$(echo "$letters" | wc -l)" -ge 3 ] || fail "$name --help has only these letters: $letters"
  for letter in $letters; do
    for file in "$top_srcdir"/src/"$name"/"$name".[18] "$completions/$name".*; do
      has_letter "$file" "$letter"
    done
  done
  for shell in bash zsh fish; do
    ! command -v $shell >/dev/null || $shell -n "$completions/$name.$shell" || fail "$shell cannot read it"
  done
done
