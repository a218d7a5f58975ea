#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Every verb and every option that `echoctl --help` lists is in the manual page and in the completions
# of each shell; and bash completes them.
. "${top_srcdir:-.}/tests/system/lib.sh"

completions=$top_srcdir/contrib/completions
page=$top_srcdir/src/echoctl/echoctl.1

expect_exit 0 "$echoctl" --help
# A verb of two words is kept with '_' between. "  status   How..." in the second block, "  -s, --socket PATH   the..." in the third.
verbs=$(awk '/^Usage:/ { usage = 1 } usage && /^  [a-z]/ {
  print $1 ($2 ~ /^[a-z]/ && $0 ~ "^  " $1 " " $2 "  " ? "_" $2 : "") }' "$tmp/stdout")
long=$(sed -n 's/^  .*  *--\([a-z-]*\).*/\1/p' "$tmp/stdout" | grep -v '^$' | sort -u)
letters=$(sed -n 's/^  -\([A-Za-z]\), .*/\1/p' "$tmp/stdout")
[ "$(echo "$verbs" | wc -l)" -ge 4 ] || fail "verbs not found in the help: $verbs"
[ "$(echo "$long" | wc -l)" -ge 8 ] || fail "options not found in the help: $long"
[ "$(echo "$letters" | wc -l)" -ge 3 ] || fail "letters not found in the help: $letters"

# has FILE REGEX
has() {
  grep -Eq -e "$2" "$1" || fail "$1 has no $2"
}

for verb in $verbs; do
  words=$(echo "$verb" | tr _ ' ')
  has "$page" "^\.It Cm $words( |\$)"
  second=${verb#*_}
  verb=${verb%%_*}
  has "$completions/echoctl.bash" "verbs='([^']* )?${verb}[ ']"
  has "$completions/echoctl.fish" "-a $verb "
  has "$completions/echoctl.zsh" "^  '$verb:"
  has "$completions/echoctl.bash" "[' ]${second}[' ]"
  has "$completions/echoctl.fish" "-a $second "
  has "$completions/echoctl.zsh" "[(' ]${second}[):]"
  # shellcheck disable=SC2086
  expect_exit 0 "$echoctl" --help $words
  expect_match "$tmp/stdout" "^Usage: echoctl .* $words"
  ! grep -E '.{81}' "$tmp/stdout" || fail "the help of $words does not fit into 80 columns"
done
for name in $long; do
  has "$page" "^\.It .*Fl -$name( |\$)"
  has "$completions/echoctl.bash" "[ ']--${name}[ ']"
  has "$completions/echoctl.fish" " -l $name "
  has "$completions/echoctl.zsh" "--${name}[]}[]"
done
for letter in $letters; do
  has "$page" "^\.It Fl $letter "
  has "$completions/echoctl.bash" "[ ']-$letter "
  has "$completions/echoctl.fish" " -s $letter "
  has "$completions/echoctl.zsh" "\{-$letter,"
done

# Every verb prints JSON where it is told to, and nothing else on standard output.
if command -v jq >/dev/null; then
  start_echod 127.0.0.1 0
  hold 1 127.0.0.1 "$(echod_port)"
  id=$("$echoctl" connections --csv -H | cut -d, -f1)
  for verb in $verbs; do
    code=0
    set -- "$(echo "$verb" | cut -d_ -f1)"
    case $verb in
      show) set -- "$@" "$id" ;;
      disconnect) set -- "$@" --all ;;
      acl) set -- "$@" echo ::1 ;;
      wait) set -- "$@" ready ;;
      call) set -- "$@" Ping ;;
      log) set -- "$@" debug ;;
      log_reopen) set -- log reopen ;;
      drain) set -- "$@" --timeout 1ms ;;
      events) set -- "$@" --timeout 1s && code=5 ;;
      reload) code=1 ;; # there is no file
      top) set -- "$@" --count 1 --interval 100ms ;;
      stop) continue ;;
    esac
    expect_exit "$code" "$echoctl" --json "$@"
    [ $code -eq 0 ] && [ ! -s "$tmp/stdout" ] && fail "$* says nothing"
    jq . "$tmp/stdout" >/dev/null || fail "not JSON: $* says $(cat "$tmp/stdout")"
  done
  expect_exit 0 "$echoctl" --json stop
  expect_line "$tmp/stdout" '{}'
  expect_end "$echod_pid" 0
fi

# bash's answers. completes WORD... : the last word is the one to be completed.
completes() {
  bash -c '. "$1"; shift; COMP_WORDS=(echoctl "$@"); COMP_CWORD=$#; _echoctl
    printf "%s\n" "${COMPREPLY[@]}"' bash "$completions/echoctl.bash" "$@" >"$tmp/stdout" ||
    fail "bash completion failed: $*"
}
if command -v bash >/dev/null; then
  completes st
  expect_line "$tmp/stdout" status
  expect_line "$tmp/stdout" stop
  completes --json stop --n
  expect_line "$tmp/stdout" --now
  completes log re
  expect_line "$tmp/stdout" reopen
  completes status --n
  expect_line "$tmp/stdout" --no-color
  grep -q -e --now "$tmp/stdout" && fail "--now completed for status"
  : >"$tmp/a.sock"
  completes -s "$tmp/a."
  expect_line "$tmp/stdout" "$tmp/a.sock"
  completes --socket = "$tmp/a."
  expect_line "$tmp/stdout" "$tmp/a.sock"
fi

# in_zsh WORD...: what it would let _arguments choose from behind these words.
in_zsh() {
  # shellcheck disable=SC2016
  zsh -fc 'file=$1; shift; words=(echoctl "$@" ""); _arguments() { print -rl -- "$@" }
    complete() { . $file }; complete' zsh "$completions/echoctl.zsh" "$@" >"$tmp/stdout" 2>"$tmp/stderr" ||
    fail "zsh completion failed: $*"
  [ ! -s "$tmp/stderr" ] || fail "zsh says: $(cat "$tmp/stderr")"
}
if command -v zsh >/dev/null; then
  in_zsh refusals
  expect_match "$tmp/stdout" '^--limit\['
  in_zsh wait
  expect_match "$tmp/stdout" '^2:condition:\(ready drained '
  in_zsh stop
  expect_match "$tmp/stdout" '^--no-wait\['
  ! grep -q -e --limit "$tmp/stdout" || fail "zsh completes --limit for stop"
fi

# in_fish WORD...: what it offers behind these words, of which the last is to be completed.
in_fish() {
  # shellcheck disable=SC2016
  fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$completions/echoctl.fish" "echoctl $*" \
    >"$tmp/stdout" 2>"$tmp/stderr" || fail "fish completion failed: $*"
  [ ! -s "$tmp/stderr" ] || fail "fish says: $(cat "$tmp/stderr")"
}
if command -v fish >/dev/null; then
  for verb in $verbs; do
    in_fish "$(echo "$verb" | cut -c1-2)"
    expect_match "$tmp/stdout" "^${verb%%_*}[[:space:]]"
  done
  in_fish refusals --l
  expect_match "$tmp/stdout" '^--limit[[:space:]]'
  in_fish wait con
  expect_line "$tmp/stdout" 'connections<=0'
fi
