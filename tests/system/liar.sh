# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# liar.sh: the lying servers in tests/fake, for tests that have begun with lib.sh. A server lives
# until stop_fake, the next start_fake or the end of the test, because its standard input is
# descriptor 9 of the test's shell.

fake_pid=

# start_fake PROGRAM ARG...: starts it; where it is to be reached is in $fake_at.
start_fake() {
  [ -z "$fake_pid" ] || stop_fake
  rm -f "$tmp/fake.in" "$tmp/fake.out"
  mkfifo "$tmp/fake.in" "$tmp/fake.out"
  fake_program=$1
  shift
  "$top_builddir/tests/fake/$fake_program" "$@" \
    <"$tmp/fake.in" >"$tmp/fake.out" 2>>"$tmp/fake.err" 9<&- &
  fake_pid=$!
  end_at_exit "$fake_pid"
  exec 9>"$tmp/fake.in"
  IFS= read -r fake_at <"$tmp/fake.out" || fail "$fake_program $*: says nothing"
}

start_liar() {
  start_fake liar "$@"
}

# start_honest: beside that, and until the end of the test, a server that does not lie, at port $port.
# Its standard input is descriptor 8.
start_honest() {
  mkfifo "$tmp/echo.in" "$tmp/echo.out"
  "$top_builddir/tests/fake/liar" honest <"$tmp/echo.in" >"$tmp/echo.out" 2>"$tmp/echo.err" &
  end_at_exit $!
  exec 8>"$tmp/echo.in"
  read -r port <"$tmp/echo.out" || fail "no echo server"
}

stop_fake() {
  exec 9>&-
  expect_end "$fake_pid" 0
  fake_pid=
}

# The back ends of this build, from multiconn itself.
back_ends() {
  "$multiconn" --version | sed -n 's/^ *back ends *//p'
}
