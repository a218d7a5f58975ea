#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Descriptors: the soft limit is raised; a worker that is nearly out of them gives its slot to others;
# when all are, the kernel's queue waits and is served as places become free; where accept fails all
# the same, a connection is refused, said once, and nobody spins. With every selector back end.

. "${top_srcdir:-.}/tests/system/lib.sh"
need prlimit
[ -r /proc/self/status ] || skip "needs /proc/PID/status"
hard=$(hard_limit)
backends=$(selectors)

all_full() {
  status | jq -e '[.workers[].full] | all' >/dev/null
}

# with_limit OPTION N: from here on the daemon is started with this limit.
real=$echod
with_limit() {
  printf '#!/bin/sh\nulimit %s %s\nexec "%s" "$@"\n' "$1" "$2" "$real" >"$tmp/limited"
  chmod +x "$tmp/limited"
  echod=$tmp/limited
}

# ---- The soft limit ----

with_limit -Sn 256
start_echod --workers 1 127.0.0.1 0
expect_status ".workers[0].open_files_limit == $hard"
stop_echod

# ---- Full ----

# 200 less 64 less 16 less two listening sockets: 118 connections each.
with_limit -n 200
for selector in $backends; do
  start_echod --selector "$selector" --workers 2 127.0.0.1 0
  expect_status '[.workers[].open_files_limit] == [200, 200]'
  start_crowd 127.0.0.1 "$(echod_port)"
  # One by one, until the last place is taken: whoever is full has given its slot up.
  expect_crowd 'served 236 ended 0 waiting 0' steps 236
  wait_until 5 all_full
  expect_status '[.workers[].active] == [118, 118]'
  crowd burst 60
  # shellcheck disable=SC2046
  expect_quiet 1 "$echod_pid" $(children_of "$echod_pid")
  expect_crowd 'served 236 ended 0 waiting 60' look
  # Places become free: the queue is served, first by whoever has places.
  crowd leave 100
  expect_crowd 'served 196 ended 0 waiting 0' settle 296
  expect_crowd 'served 196 ended 0 waiting 0' echo
  expect_status '.totals.accepted == 296 and .totals.closed.peer == 100 and .totals.active == 196'
  expect_status '([.totals.rejected[]] | add) == 0 and ([.totals.accept_errors[]] | add) == 0'
  [ "$(grep -c ': full with 118 connections' "$echod_err")" -ge 2 ] || fail "nobody said full"
  end_crowd
  wait_until 5 expect_idle
  expect_status '[.workers[].slots] == [[0], [1]] and ([.workers[].full] | any | not)'
  stop_echod
done

# ---- Out of descriptors all the same ----

# squeeze PID: it gets no descriptor more than it has.
squeeze() {
  # shellcheck disable=SC2012
  highest=$(ls "/proc/$1/fd" | sort -n | tail -n 1)
  prlimit --pid "$1" --nofile="$((highest + 1)):" || fail "cannot lower a limit"
}

# A limit can be lowered from outside only by the same user.
same_user=
[ "$(id -u)" -ne 0 ] || same_user="--user root"
echod=$real
for selector in $backends; do
  # shellcheck disable=SC2086
  start_echod $same_user --selector "$selector" --workers 1 127.0.0.1 0
  worker=$(children_of "$echod_pid")
  start_crowd 127.0.0.1 "$(echod_port)"
  expect_crowd 'served 10 ended 0 waiting 0' steps 10
  # shellcheck disable=SC2086
  squeeze $worker
  expect_crowd 'served 10 ended 20 waiting 0' steps 20
  # shellcheck disable=SC2086
  expect_quiet 1 "$echod_pid" $worker
  expect_status '.totals.rejected.descriptors == 20 and .listeners[0].rejected == 20'
  expect_status '.totals.accept_errors.EMFILE >= 20 and .totals.accept_errors.EMFILE <= 40'
  [ "$(grep -c 'accept: .* connections are refused until' "$echod_err")" -eq 1 ] ||
    fail "not said once"
  expect_crowd 'served 5 ended 20 waiting 0' leave 5
  expect_crowd 'served 10 ended 20 waiting 0' steps 5
  expect_crowd 'served 10 ended 21 waiting 0' steps 1
  expect_crowd 'served 10 ended 21 waiting 0' echo
  # shellcheck disable=SC2086
  prlimit --pid $worker --nofile=1000:
  expect_crowd 'served 60 ended 21 waiting 0' steps 50
  end_crowd
  wait_until 5 expect_idle
  expect_status '.totals.accepted == 65 and .totals.rejected.descriptors == 21'
  stop_echod
done
