#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Not started as root: a user or group that the file names is for a start as root, which the log says
# once; one on the command line is an error. Root itself tries this as nobody.

. "${top_srcdir:-.}/tests/system/lib.sh"

if [ "$(id -u)" -eq 0 ]; then
  need setpriv
  setpriv --reuid 65534 --regid 65534 --clear-groups "$echod" --version >/dev/null 2>&1 ||
    skip "another user cannot run $echod"
  printf '#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups "%s" "$@"\n' \
    "$echod" >"$tmp/as-other"
  chmod 755 "$tmp/as-other"
  echod=$tmp/as-other
  uid=65534 gid=65534
else
  uid=$(id -u) gid=$(id -g)
fi

# configure SETTING
configure() {
  echo "$1 listeners = { echo = { address = \"127.0.0.1\"; port = 0; }; };" >"$tmp/echod.conf"
  chmod 644 "$tmp/echod.conf"
}

# stays [ARG]...: starts, says why in $echod_err, serves, and every process is who we are.
stays() {
  start_echod --workers 1 --config "$tmp/echod.conf" "$@"
  expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 2
  for pid in $echod_pid $(children_of "$echod_pid"); do
    expect_match "/proc/$pid/status" "^Uid:([[:space:]]+${uid}){4}\$"
  done
  stop_echod
}

# notes N: so many lines of the last start's log speak of somebody else.
notes() {
  [ "$(grep -c 'of the configuration is for a start as root' "$echod_err")" -eq "$1" ] ||
    fail "not $1 notices"
}

# ---- In the file ----

# Everybody's first user is somebody else, who need not even exist here.
for name in root nobody-here; do
  configure "user = \"$name\"; group = \"$name\";"
  expect_exit 0 "$echod" --check --config "$tmp/echod.conf"
  stays
  expect_match "$echod_err" "notice: master: user \"$name\" of the configuration is for a start as root: running as user \"[^\"]+\"\$"
  notes 1
done
configure 'group = "root";'
stays
expect_match "$echod_err" 'notice: master: group "root" of the configuration is for a start as root: running as user "[^"]+"$'
notes 1

# Our own, by number, and nobody named.
configure "user = \"$uid\"; group = \"$gid\";"
stays
notes 0
configure ''
stays
notes 0

# ---- On the command line ----

# refused TEXT NAME
refused() {
  expect_exit 1 "$echod" --config "$tmp/echod.conf" --user "$2"
  expect_match "$tmp/stderr" "$1"
  [ ! -s "$tmp/stdout" ] || fail "it listened"
}

configure 'user = "root";'
refused '^echod: only root can become user "root": we run as "[^"]+"$' root
refused '^echod: only root can change to group "root": we run as group [0-9]+$' "$uid:root"
refused '^echod: user "nobody-here": there is no such user$' nobody-here
# The default's name has no other meaning here.
id -u echod >/dev/null 2>&1 || refused '^echod: user "echod": there is no such user$' echod
# It beats the file.
stays --user "$uid"
notes 0
