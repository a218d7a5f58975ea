#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every file says whose it is and under which licence, and contrib/check-spdx sees one that does not.
. "${top_srcdir:-.}/tests/system/lib.sh"

need git
check=$top_srcdir/contrib/check-spdx

# In a clone of its own, with files that are not added yet.
mkdir -p "$tmp/clone/seeds" "$tmp/clone/.reuse"
cd "$tmp/clone" || exit 99
git init -q .
# In two halves: these are not the tags of this file.
author="SPDX-""FileCopyrightText: 2026 Somebody"
licence="SPDX-""License-Identifier: MIT"
echo 'Files: seeds/*' >.reuse/dep5
touch LICENSE seeds/one
echo '*.o' >.gitignore
printf '# %s\n' "$author" "$licence" >>.gitignore
printf '/* %s */\n' "$author" "$licence" >good.c
: >ignored.o
expect_exit 0 "$check" .

# bad FILE TEXT REGEX: a file with this text is refused, before and after it is added.
bad() {
  printf '%s\n' "$2" >"$1"
  expect_exit 1 "$check" .
  expect_match "$tmp/stdout" "$3"
  git add "$1"
  expect_exit 1 "$check" .
  git rm -qf --cached "$1"
  rm "$1"
  expect_exit 0 "$check" .
}
bad empty.h '' 'empty.h: no SPDX-FileCopyrightText'
bad half.h "// $author" 'half.h: no SPDX-License-Identifier'
bad other.h "// $licence" 'other.h: no SPDX-FileCopyrightText'
bad 'with space' "# $licence" 'with space: no'
bad nobody.h "$(printf '%s\n' 'SPDX-''FileCopyrightText: ' "$licence")" 'nobody.h: no SPDX-File'

# Outside a clone there is nothing to ask, and a folder of a clone is not its whole.
expect_exit 77 "$check" seeds

code=0
"$check" "$top_srcdir" || code=$?
[ "$code" -ne 77 ] || skip "the sources are no git clone"
[ "$code" -eq 0 ] || fail "files without their two SPDX lines"
