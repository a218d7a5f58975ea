# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# lib-terminal.sh: a real terminal for whole-program tests, after lib.sh. It is tmux's, which tells what
# is on its screen and what its modes are.
#
#	in_terminal COLUMNS ROWS COMMAND...   runs it there
#	press KEY...                          as tmux names keys
#	await REGEX                           until a line of the screen matches
#
# In $tmp, before and after are its modes before the command and after it.

need tmux
unset TMUX TMUX_PANE NO_COLOR
echo 'set -g status off' >"$tmp/tmux.conf"

tm() {
  tmux -S "$tmp/tmux" -f "$tmp/tmux.conf" "$@"
}

# What runs in it: the command, its exit code and the terminal's modes before and after; and while it
# is suspended, until Enter is pressed.
cat >"$tmp/session" <<'SCRIPT'
trap : INT QUIT
set -m
# A terminal that goes away ends all that runs in it, also the process with which a sanitizer looks for
# leaks, for which the program then waits for ever.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
clear
stty -g >"$1/before"
directory=$1
shift
echo "Before the show."
"$@"
code=$?
while [ "$code" -gt 128 ] && [ "$(kill -l "$code")" = TSTP ]; do
  stty -g >"$directory/suspended"
  echo "Suspended."
  read -r line
  fg >/dev/null
  code=$?
done
stty -g >"$directory/after"
echo "Ended with $code."
cat
SCRIPT

# in_terminal COLUMNS ROWS COMMAND...: runs it in a terminal of that size, the one before is gone.
in_terminal() {
  columns=$1 rows=$2
  shift 2
  rm -f "$tmp/before" "$tmp/after" "$tmp/suspended"
  tm kill-session -t top 2>/dev/null
  tm new-session -d -s top -x "$columns" -y "$rows" sh "$tmp/session" "$tmp" "$@" ||
    fail "no terminal"
}
tm new-session -d -s keeper -x 80 -y 24 cat || skip "tmux does not start here"
end_at_exit "$(tm display -p -t keeper '#{pid}')"

press() {
  tm send-keys -t top "$@"
}

screen() {
  tm capture-pane -p -t top
}

screen_has() {
  screen | grep -Eq -e "$1"
}

# await REGEX: until a line of the screen matches.
await() {
  lib_left=400
  until screen_has "$1"; do
    lib_left=$((lib_left - 1))
    [ "$lib_left" -gt 0 ] || { screen; fail "not on the screen: $1"; }
    sleep 0.05
  done
}
