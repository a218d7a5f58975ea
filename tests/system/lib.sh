# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
#
# lib.sh: what every whole-program test begins with. A test is
#
#	#!/bin/sh
#	. "${top_srcdir:-.}/tests/system/lib.sh"
#	start_echod 127.0.0.1 0
#	expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 2
#	stop_echod
#
# and always holds: it runs in its own directory $tmp, with its own run-time directory and control
# socket (exported, so that all three programs find them without options), beside other tests, as
# root or not; it ends by itself within $TEST_DEADLINE seconds; when it ends, however it ends, the
# processes it started are gone and $tmp with them; a failure prints what the daemon said.
#
# Every answer of a daemon's control socket that status, ask and tests/system/control.py see is kept in
# $tmp/replies.METHOD or, where it is only what a reply holds, in $tmp/answers.METHOD, and at the end
# held against the interface: whatever a test may add to these files is, too.
#
# Set here: tmp, echod, echoctl, multiconn (the programs of this build; $ECHOD, $ECHOCTL, $MULTICONN
# name others), echod_pid (the last one started), echod_out and echod_err (its files). Names that
# begin with lib_ are this file's own. Helpers return nothing and end the test when they fail,
# unless their line says otherwise.

set -u

# The whole test, in a process group of its own, has a deadline; so no helper needs one.
if [ -z "${lib_within_deadline-}" ]; then
  lib_within_deadline=yes
  export lib_within_deadline
  exec timeout -k 10 "${TEST_DEADLINE:-120}" "${SHELL:-/bin/sh}" "$0" "$@" </dev/null
fi
unset lib_within_deadline

: "${top_srcdir:=$(pwd)}"
: "${top_builddir:=$top_srcdir}"
# The tests read what the programs print.
LC_ALL=C
export top_srcdir top_builddir LC_ALL

echod=${ECHOD:-$top_builddir/echod}
echoctl=${ECHOCTL:-$top_builddir/echoctl}
multiconn=${MULTICONN:-$top_builddir/multiconn}

# Socket paths end at 107 bytes, so $tmp is short. The daemon may drop to another user: others may
# pass, the run-time directory is everybody's.
case ${TMPDIR:-/tmp} in
  ????????????????????????????????????????*) TMPDIR=/tmp ;;
esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/echod.XXXXXX") || exit 99
chmod 755 "$tmp" && mkdir "$tmp/run" && chmod 777 "$tmp/run" || exit 99
RUNTIME_DIRECTORY=$tmp/run
ECHOD_SOCKET=$tmp/run/control.sock
ECHOD_REPLIES=$tmp/replies
export RUNTIME_DIRECTORY ECHOD_SOCKET ECHOD_REPLIES
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID WATCHDOG_USEC XDG_RUNTIME_DIR

lib_pids=    # PID:BIRTH, processes to end at the end
lib_started=0 # daemons started so far

# ---- The end ----

# fail TEXT...: ends the test as failed, and says why; also from within $(...).
fail() {
  echo "FAIL: $*" >&2
  kill -USR1 $$
  exit 1
}

# skip TEXT...: ends the test as skipped, and says why.
skip() {
  echo "SKIP: $*"
  exit 77
}

# need COMMAND...: skips the test where one of them is not installed.
need() {
  for lib_command in "$@"; do
    command -v "$lib_command" >/dev/null 2>&1 || skip "needs $lib_command"
  done
}

# need_nc: skips the test where there is no nc that speaks over Unix sockets and can half-close.
need_nc() {
  need nc
  nc -h 2>&1 | grep -q -e -N || skip "needs netcat-openbsd"
}

# lib_birth PID: prints when it began. Another process that has its number later began later. Linux.
lib_birth() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# end_at_exit PID: has a process that the test started, and that is not yet gone, ended with it.
# start_echod does so itself; a daemon that went to the background needs this.
end_at_exit() {
  lib_pids="$lib_pids $1:$(lib_birth "$1")"
}

# wait_until SECONDS COMMAND...: runs the command until it succeeds. Only for what cannot be waited
# for in any other way.
wait_until() {
  lib_left=$(($1 * 20))
  shift
  until "$@" >/dev/null 2>&1; do
    lib_left=$((lib_left - 1))
    [ "$lib_left" -gt 0 ] || fail "waited in vain for: $*"
    sleep 0.05
  done
}

lib_is_gone() {
  ! kill -0 "$1" 2>/dev/null
}

# A second SIGTERM stops echod at once; what still lives after two seconds is killed.
lib_end_process() {
  kill -TERM "$1" 2>/dev/null || return 0
  kill -TERM "$1" 2>/dev/null
  lib_left=40
  until lib_is_gone "$1" || [ "$lib_left" -eq 0 ]; do
    lib_left=$((lib_left - 1))
    sleep 0.05
  done
  lib_is_gone "$1" || kill -KILL "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# What a sanitizer said in any process of a daemon fails the test, even where a worker was replaced.
lib_sanitizer_spoke() {
  cat "$tmp"/*.err "$tmp"/stderr 2>/dev/null |
    grep -E 'runtime error:|(ERROR|WARNING): [A-Za-z]*Sanitizer'
}

# What the daemon answered is what its interface promises.
lib_wrong_answers() {
  lib_wrong=1
  [ -x "$top_builddir/tests/fake/varlink-validate" ] || return 1
  for lib_file in "$tmp"/replies.* "$tmp"/answers.*; do
    [ -s "$lib_file" ] || continue
    case $lib_file in "$tmp"/answers.*) lib_bare=-p ;; *) lib_bare= ;; esac
    # shellcheck disable=SC2086 # an option or none
    "$top_builddir/tests/fake/varlink-validate" $lib_bare - "${lib_file##*.}" <"$lib_file" && continue
    echo "FAIL: this is not what the interface says ${lib_file##*.} answers"
    lib_wrong=0
  done
  return "$lib_wrong"
}

lib_at_exit() {
  lib_code=$?
  trap - EXIT
  trap '' HUP INT TERM USR1
  for lib_pid in $lib_pids; do
    [ "$(lib_birth "${lib_pid%:*}")" != "${lib_pid#*:}" ] || lib_end_process "${lib_pid%:*}"
  done
  if lib_sanitizer_spoke && [ "$lib_code" -eq 0 ]; then
    echo "FAIL: a sanitizer found a fault"
    lib_code=1
  fi
  if [ "$lib_code" -eq 0 ] && lib_wrong_answers; then
    lib_code=1
  fi
  if [ "$lib_code" -ne 0 ] && [ "$lib_code" -ne 77 ]; then
    for lib_file in "$tmp"/*.out "$tmp"/*.err; do
      [ ! -s "$lib_file" ] || { echo "--- ${lib_file##*/}"; tail -n 200 "$lib_file"; }
    done
  fi
  rm -rf "$tmp"
  exit "$lib_code"
}
trap lib_at_exit EXIT
trap 'exit 1' USR1
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'echo "FAIL: ended by SIGTERM, maybe its deadline of ${TEST_DEADLINE:-120} s"; exit 143' TERM

# ---- Running programs ----

# expect_exit CODE COMMAND...: runs it; its output is in $tmp/stdout and $tmp/stderr.
expect_exit() {
  lib_expected=$1
  shift
  lib_got=0
  "$@" >"$tmp/stdout" 2>"$tmp/stderr" || lib_got=$?
  [ "$lib_got" -eq "$lib_expected" ] && return
  echo "--- standard output"
  tail -n 50 "$tmp/stdout"
  echo "--- standard error"
  tail -n 50 "$tmp/stderr"
  fail "exit code $lib_got, not $lib_expected, of: $*"
}

# expect_line FILE TEXT: the file has this line, exactly.
expect_line() {
  grep -Fqx -e "$2" "$1" && return
  echo "--- $1"
  cat "$1"
  fail "no such line: $2"
}

# expect_match FILE REGEX: some line of the file matches this extended regular expression.
expect_match() {
  grep -Eq -e "$2" "$1" && return
  echo "--- $1"
  cat "$1"
  fail "no line matches: $2"
}

# ---- The daemon ----

# Copies standard input to the file $1 and writes a line to the FIFO $2 as soon as $3 endpoints are
# listening, or at the end.
lib_follow() {
  lib_seen=0
  while [ "$lib_seen" -lt "$3" ] && IFS= read -r lib_line; do
    printf '%s\n' "$lib_line" >>"$1"
    case $lib_line in "listening on "*) lib_seen=$((lib_seen + 1)) ;; esac
  done
  echo "$lib_seen" >"$2"
  exec cat >>"$1"
}

# start_echod [-n ENDPOINTS] ARG...: starts it in the foreground, in the background of the test, and
# returns when it has printed that many `listening on` lines (1 unless told). Several may run: give
# each after the first its own --control-socket and --pid-file.
start_echod() {
  lib_endpoints=1
  [ "$1" != -n ] || { lib_endpoints=$2; shift 2; }
  lib_started=$((lib_started + 1))
  echod_out=$tmp/echod$lib_started.out
  echod_err=$tmp/echod$lib_started.err
  : >"$echod_out"
  mkfifo "$tmp/lines" "$tmp/ready"
  lib_follow "$echod_out" "$tmp/ready" "$lib_endpoints" <"$tmp/lines" &
  "$echod" "$@" >"$tmp/lines" 2>"$echod_err" &
  echod_pid=$!
  end_at_exit "$echod_pid"
  read -r lib_seen <"$tmp/ready"
  rm "$tmp/lines" "$tmp/ready"
  [ "$lib_seen" -eq "$lib_endpoints" ] ||
    fail "echod ended or said 'listening on' $lib_seen times, not $lib_endpoints: $*"
}

# echod_port [TRANSPORT [NAME]]: prints the port of the first endpoint of the last daemon started
# that has this transport (tcp, udp) and this last word. Also reads a --transcript's line.
echod_port() {
  lib_port=$(awk -v transport="${1-}" -v name="${2-}" '
    /^listening on \(/ { split($0, part, ", "); sub(/\).*/, "", part[2]); print part[2]; exit }
    /^listening on / && (transport == "" || $3 == transport) && (name == "" || $NF == name) {
      print $5
      exit
    }' "$echod_out")
  [ -n "$lib_port" ] || fail "no endpoint ${1-} ${2-} in $echod_out"
  echo "$lib_port"
}

# stop_echod [PID]: SIGTERM to the last daemon started, or this one; it must exit with 0.
stop_echod() {
  kill -TERM "${1:-$echod_pid}" || fail "echod has gone before it was stopped"
  expect_end "${1:-$echod_pid}" 0
}

# expect_end PID CODE: waits for a child of the test, already told to end, and compares.
expect_end() {
  lib_got=0
  wait "$1" || lib_got=$?
  [ "$lib_got" -eq "$2" ] || fail "process $1 ended with $lib_got, not $2"
}

# children_of PID: prints the processes that this one forked, for echod its workers. Linux.
children_of() {
  cat "/proc/$1/task/$1/children" || fail "cannot list the children of $1"
}

# selectors: prints the back ends of this build.
selectors() {
  "$echod" --version | sed -n 's/.*back ends[^a-z]*//p'
}

# hard_limit: prints how many descriptors a process may be given here.
hard_limit() {
  # shellcheck disable=SC3045 # every shell that runs these tests has it
  ulimit -Hn
}

# switches PID...: how often each of them was switched to or from. Linux.
switches() {
  for lib_pid in "$@"; do
    grep ctxt_switches "/proc/$lib_pid/status"
  done
}

# asleep PID...: true when each of them waits for something that has not happened. Linux.
asleep() {
  for lib_pid in "$@"; do
    grep -q '^State:.*S' "/proc/$lib_pid/status" || return 1
  done
}

# expect_quiet SECONDS PID...: once all of them have gone to sleep, none is switched to or from for so
# long. Linux.
expect_quiet() {
  lib_seconds=$1
  shift
  wait_until 20 asleep "$@"
  switches "$@" >"$tmp/switches"
  sleep "$lib_seconds"
  switches "$@" | cmp - "$tmp/switches" || fail "a process that should sleep was woken"
}

ipv6_works() {
  [ -e /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6
}

# gone PID: true when there is no such process.
gone() {
  lib_is_gone "$1"
}

# ---- What the daemon says of itself ----

# status: prints `echoctl status --json`.
status() {
  lib_status=$("$echoctl" --json status) || fail "echoctl status failed"
  printf '%s\n' "$lib_status" | tee -a "$tmp/answers.GetStatus"
}

# ask METHOD [PARAMETERS]: calls a method of echod.Control; its reply is in $tmp/reply, and what the
# reply holds in $tmp/stdout. Needs jq and nc, see need_nc.
ask() {
  printf '{"method":"echod.Control.%s","parameters":%s}\n' "$1" "${2-null}" |
    nc -NU "$ECHOD_SOCKET" >"$tmp/reply" || fail "no answer to $1"
  cat "$tmp/reply" >>"$tmp/replies.$1"
  jq -c .parameters "$tmp/reply" >"$tmp/stdout"
}

# expect_error NAME: that is what the daemon answered ask.
expect_error() {
  jq -e --arg name "$1" '.error | endswith("." + $name)' "$tmp/reply" >/dev/null ||
    fail "not refused with $1: $(cat "$tmp/reply")"
}

# expect_json FILTER: the jq filter is true of $tmp/stdout.
expect_json() {
  jq -e "$1" "$tmp/stdout" >/dev/null && return
  jq . "$tmp/stdout"
  fail "not true of the answer: $1"
}

# expect_status FILTER: the jq filter is true of the status now.
expect_status() {
  status >"$tmp/stdout"
  expect_json "$1"
}

# expect_idle: true when no connection is open.
expect_idle() {
  [ "$(status | jq .totals.active)" -eq 0 ]
}

# active_is N: true when so many connections are open.
active_is() {
  [ "$(status | jq .totals.active)" -eq "$1" ]
}

# is_state STATE: true when the daemon is running, draining and so on.
is_state() {
  status | jq -e ".state == \"$1\"" >/dev/null
}

# pending_is BYTES: true when so much of what echod owes its peers is unsent.
pending_is() {
  [ "$(status | jq .totals.pending_bytes)" -eq "$1" ]
}

# paused_are N: true when so many connections are not read because their peers do not read.
paused_are() {
  [ "$(status | jq .totals.paused_connections)" -eq "$1" ]
}

# restarted INDEX PID: true when this worker runs and no longer has this pid.
restarted() {
  status | jq -e ".workers[$1] | .state == \"running\" and .pid != $2" >/dev/null
}

# sent_bytes: all that the daemon has sent.
sent_bytes() {
  status | jq .totals.sent_bytes
}

# established PORT N: true when N connections to this port have been set up, accepted or not. Linux.
established() {
  [ "$(awk -v port="$(printf ':%04X$' "$1")" '$2 ~ port && $4 == "01"' /proc/net/tcp | wc -l)" -ge "$2" ]
}

# ---- Connections that stay ----

# hold N HOST PORT: N connections, each served once, open until end_hold or the end of the test.
hold() {
  mkfifo "$tmp/hold.in" "$tmp/hold.out"
  "$top_builddir/tests/fake/rude" hold "$2" "$3" "$1" <"$tmp/hold.in" >"$tmp/hold.out" \
    3>&- 4>&- 5>&- 6>&- 7>&- &
  hold_pid=$!
  end_at_exit "$hold_pid"
  exec 9>"$tmp/hold.in"
  read -r lib_line <"$tmp/hold.out" || fail "could not hold $1 connections"
  rm "$tmp/hold.in" "$tmp/hold.out"
}

# end_hold: each connection must still echo, then all are closed.
end_hold() {
  exec 9>&-
  expect_end "$hold_pid" 0
}

# ---- Many connections, on strings (see tests/fake/crowd.c) ----

# start_crowd HOST PORT: a puppet without a connection yet. One at a time. It inherits none of the
# test's own descriptors 3 to 6, whose other ends would wait for it.
start_crowd() {
  mkfifo "$tmp/crowd.in" "$tmp/crowd.out"
  "$top_builddir/tests/fake/crowd" "$1" "$2" <"$tmp/crowd.in" >"$tmp/crowd.out" \
    3>&- 4>&- 5>&- 6>&- 9>&- &
  crowd_pid=$!
  end_at_exit "$crowd_pid"
  exec 7>"$tmp/crowd.in" 8<"$tmp/crowd.out"
  rm "$tmp/crowd.in" "$tmp/crowd.out"
}

# crowd WORD...: has it obey, and sets crowd_said to its answer.
crowd() {
  echo "$@" >&7
  read -r crowd_said <&8 || fail "the crowd is gone, at: $*"
}

# expect_crowd ANSWER WORD...: has it obey, and compares the answer.
expect_crowd() {
  lib_expected=$1
  shift
  crowd "$@"
  [ "$crowd_said" = "$lib_expected" ] || fail "after $*: $crowd_said, not $lib_expected"
}

# end_crowd: resets what is left of it.
end_crowd() {
  exec 7>&- 8<&-
  expect_end "$crowd_pid" 0
}

# starve HOST PORT: a client that sends until the daemon takes no more, and does not read.
starve() {
  rm -f "$tmp/starve.in" "$tmp/starve.out"
  mkfifo "$tmp/starve.in"
  "$top_builddir/tests/fake/rude" starve "$1" "$2" <"$tmp/starve.in" >"$tmp/starve.out" &
  starve_pid=$!
  end_at_exit "$starve_pid"
  exec 6>"$tmp/starve.in"
  wait_until 20 grep -q ready "$tmp/starve.out"
}

# end_starve BYTES: now it reads; these must come, and then the end without a reset.
end_starve() {
  exec 6>&-
  expect_end "$starve_pid" 0
  expect_line "$tmp/starve.out" "got $1"
}
