#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The log where the system keeps it: syslog, the default of --daemon, and the journal, the default
# where standard error leads to it. Their sockets have fixed places, so the test runs with a /run and
# a /dev of its own.

# As root of one's own namespaces; the places are nobody else's.
if [ -z "${own_places-}" ]; then
  own_places=yes
  export own_places
  how=--mount
  [ "$(id -u)" -eq 0 ] || how='--mount --map-root-user'
  # shellcheck disable=SC2086
  unshare $how true 2>/dev/null || {
    echo "SKIP: needs the right to a mount namespace of its own"
    exit 77
  }
  # shellcheck disable=SC2086
  exec unshare $how "${SHELL:-/bin/sh}" "$0" "$@"
fi

. "${top_srcdir:-.}/tests/system/lib.sh"

need socat mount

mkdir "$tmp/dev" || exit 99
mount -t tmpfs -o mode=755 tmpfs /run || skip "cannot have a /run of its own"
mount -t tmpfs -o mode=755 tmpfs "$tmp/dev" || fail "cannot mount another tmpfs"
for node in null urandom zero; do
  : >"$tmp/dev/$node"
  mount --bind "/dev/$node" "$tmp/dev/$node" || fail "cannot bring $node along"
done
mount -n --move "$tmp/dev" /dev || fail "cannot have a /dev of its own"
mkdir -p /run/systemd/journal

# hear SOCKET FILE: everything sent to this datagram socket, one after the other in the file.
hear() {
  : >"$2"
  socat -u "UNIX-RECV:$1,mode=0666" "OPEN:$2,append" &
  end_at_exit $!
  wait_until 10 test -S "$1"
}

# Stays root: no other user need exist in these namespaces.
cat >"$tmp/echod.conf" <<CONF
user = "root";
listeners = { echo = { address = "127.0.0.1"; port = 0; }; };
log = { to = "auto"; access = true; };
workers = 1;
CONF

# ---- syslog, by default with --daemon ----

hear /dev/log "$tmp/syslog"
expect_exit 0 "$echod" --daemon --config "$tmp/echod.conf"
pid=$(status | jq .pid)
end_at_exit "$pid"
port=$(status | jq '.listeners[0].port')
expect_exit 0 "$multiconn" -q 127.0.0.1 "$port" 1
expect_exit 0 "$echoctl" stop
wait_until 10 gone "$pid"
# daemon.notice and daemon.info; the second comes from the worker.
wait_until 10 grep -aq "<29>.* echod\[$pid\]: master: echod is ready" "$tmp/syslog"
wait_until 10 grep -aq "<30>.* echod\[[0-9]*\]: access: .*: 44 bytes received" "$tmp/syslog"

# ---- The journal, by default where standard error leads to it ----

"$echod" --version | grep -q 'libsystemd *yes' || skip "the journal: built without libsystemd"
hear /run/systemd/journal/socket "$tmp/journal"

# start_echod makes this file anew, but it stays the same one.
: >"$tmp/echod1.err"
JOURNAL_STREAM=$(stat -c %d:%i "$tmp/echod1.err")
export JOURNAL_STREAM
start_echod --config "$tmp/echod.conf"
unset JOURNAL_STREAM
expect_exit 0 "$multiconn" -q 127.0.0.1 "$(echod_port)" 1
stop_echod
wait_until 10 grep -aq '^MESSAGE=access: ' "$tmp/journal"
for field in PRIORITY=5 SYSLOG_IDENTIFIER=echod "SYSLOG_PID=$echod_pid" ECHOD_SUBSYSTEM=master \
  PRIORITY=6 ECHOD_SUBSYSTEM=access ECHOD_LISTENER=echo ECHOD_RECEIVED_BYTES=44 \
  ECHOD_SENT_BYTES=44 ECHOD_UNSENT_BYTES=0 ECHOD_CLOSE_REASON=peer; do
  grep -aqx "$field" "$tmp/journal" || fail "the journal has no $field: $(cat "$tmp/journal")"
done
grep -aq '^ECHOD_PEER=.*127\.0\.0\.1' "$tmp/journal" || fail "the journal has no peer"
[ ! -s "$echod_err" ] || fail "standard error got what belongs in the journal"

# Asked for where there is none.
rm /run/systemd/journal/socket
sed -i 's/to = "auto"/to = "journal"/' "$tmp/echod.conf"
expect_exit 1 "$echod" --config "$tmp/echod.conf"
expect_match "$tmp/stderr" '^echod: cannot open the log: No such file or directory$'
