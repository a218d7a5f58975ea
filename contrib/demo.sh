#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# demo.sh [CONFIGURE-OPTION...]: builds echod here and shows it at work, on a machine with nothing
# but its package manager: a daemon on loopback, two connections as in the tutorial, a thousand whose
# every byte is checked, the daemon's own account, and a clean stop. $BUILD_DIR names another build
# directory. Nothing stays behind but the build; the exit code is 0 only if all was as it should be.
set -u
# shellcheck source=contrib/setup.sh
. "$(dirname -- "$0")/setup.sh"

setup_install
setup_build "$@"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/echod-demo.XXXXXX") || exit 1
chmod 755 "$tmp" # the daemon may drop to another user
mkdir "$tmp/run" && chmod 1777 "$tmp/run" && mkfifo "$tmp/lines" || exit 1
# All three programs find each other there, without options.
export RUNTIME_DIRECTORY="$tmp/run" ECHOD_SOCKET="$tmp/run/control.sock"
daemon=

at_exit() {
  code=$?
  trap - EXIT
  trap '' HUP INT TERM
  if [ -n "$daemon" ]; then
    kill -TERM "$daemon" 2>/dev/null
    wait "$daemon"
  fi
  rm -rf "$tmp"
  exit "$code"
}
trap at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Shows a command by its short name, and runs it.
show() {
  echo
  printf '$'
  for word in "$@"; do
    printf ' %s' "${word#"$build/"}"
  done
  echo
  "$@" || setup_die "that ended with exit code $?"
}

echo
echo '$ echod --log-level warning 127.0.0.1 0 &'
"$build/echod" --log-level warning 127.0.0.1 0 >"$tmp/lines" &
daemon=$!
# Ends at the daemon's first line, or at its end: the FIFO then has no writer any more.
exec 3<"$tmp/lines"
IFS= read -r line <&3 || setup_die "echod did not start"
echo "$line"
port=$(echo "$line" | cut -d ' ' -f 5)

show "$build/multiconn" 127.0.0.1 "$port" 2
show "$build/multiconn" -q --control "$ECHOD_SOCKET" 127.0.0.1 "$port" 1000
show "$build/echoctl" status
show "$build/echoctl" stop

stopped=$daemon
daemon=
code=0
wait "$stopped" || code=$?
[ "$code" -eq 0 ] || setup_die "echod ended with exit code $code"
