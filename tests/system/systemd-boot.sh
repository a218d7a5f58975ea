#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The installed unit under a real systemd: a container boots from this machine's own files with an
# overlay above them, echod is installed into it, started, reloaded and stopped as an administrator
# would, and looked at: its status line, user, capabilities, socket, journal. Nothing of it is left.

# The mounts are in a namespace of the test's own, and end with it.
if [ -z "${own_mounts-}" ]; then
  own_mounts=yes
  export own_mounts
  if [ "$(id -u)" -ne 0 ] || ! unshare --mount true 2>/dev/null; then
    echo "SKIP: needs root and the right to a mount namespace"
    exit 77
  fi
  exec unshare --mount "${SHELL:-/bin/sh}" "$0" "$@"
fi

. "${top_srcdir:-.}/tests/system/lib.sh"

need flock make mount nsenter systemd-nspawn systemd-sysusers jq
"$echod" --version | grep -q 'sanitizers *none' ||
  skip "the unit's confinement leaves a sanitizer no room"
unit=$(sed -n 's|^ExecStart=||p' "$top_builddir/etc/echod.service")
case $unit in
  /tmp/* | /var/tmp/* | /home/* | /root/*) skip "the unit hides its own program: $unit" ;;
esac

# ---- Boot ----

# One at a time on a machine: where no systemd gives each a place, two containers share a cgroup.
exec 8<"$(command -v systemd-nspawn)"
flock -w 90 8 || skip "other containers of this test do not end"

# Not below $tmp, which is removed at the end.
mount -t tmpfs tmpfs /mnt || skip "cannot mount a tmpfs"
root=/mnt/root
mkdir /mnt/upper /mnt/work "$root" || exit 99
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work "$root" ||
  skip "cannot put an overlay above /"
[ -x "$root/lib/systemd/systemd" ] || skip "this machine has no systemd of its own"

# What other packages would start is no part of this.
for directory in "$root"/lib/systemd/system "$root"/etc/systemd/system; do
  rm -rf "$directory"/*.target.wants/*.timer "$directory"/multi-user.target.wants/*
done
for other in console-getty getty@tty1 systemd-networkd systemd-resolved systemd-timesyncd; do
  ln -sf /dev/null "$root/etc/systemd/system/$other.service"
done
rm -rf "$root/etc/echod" "$root/lib/systemd/system/echod.service"
printf '%032d\n' 1 >"$root/etc/machine-id" # not its first boot

env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$top_builddir" install "DESTDIR=$root" \
  >"$tmp/install.out" 2>&1 || fail "make install failed: $(tail -n 20 "$tmp/install.out")"
# installed_in NAME: the directory where make put this file of etc/.
installed_in() {
  sed -n "s|.* etc/$1 '\(.*\)'\$|\1|p" "$tmp/install.out"
}
[ -n "$(installed_in echod.service)" ] || skip "this build installs no unit"
systemd-sysusers --root="$root" - <"$(installed_in sysusers.d/echod.conf)/echod.conf" \
  >"$tmp/sysusers.out" 2>&1 || fail "systemd-sysusers: $(cat "$tmp/sysusers.out")"

SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -q -D "$root" --machine="echod-$$" \
  --register=no --keep-unit --private-network -b </dev/null >"$tmp/boot.out" 2>&1 &
nspawn=$!
end_at_exit $nspawn

# The container's first process, as it is called outside; fails while there is none.
find_init() {
  read -r children <"/proc/$nspawn/task/$nspawn/children"
  for child in $children; do
    [ "$(cat "/proc/$child/comm")" = systemd ] && init=$child && return
  done
  return 1
}
init=
left=200
until find_init 2>/dev/null; do
  left=$((left - 1))
  if [ $left -eq 0 ] || gone $nspawn; then
    skip "a container does not boot here: $(tail -n 3 "$tmp/boot.out")"
  fi
  sleep 0.05
done

# in_box COMMAND...: runs it in the container.
in_box() {
  nsenter -t "$init" -m -u -i -n -p -C --root --wdns=/ \
    env -i PATH="$(dirname "$unit"):/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$@"
}
has_booted() {
  in_box systemctl is-system-running | grep -qE 'running|degraded'
}
wait_until 30 has_booted

# property NAME: as systemd has it.
property() {
  in_box systemctl show --value -p "$1" echod
}
bindir=$(sed -n 's/^bindir = //p' "$top_builddir/Makefile" | head -n 1)
prefix=$(sed -n 's/^prefix = //p' "$top_builddir/Makefile" | head -n 1)
case $bindir in *bin) bindir=$prefix/bin ;; esac

# ---- Start: Type=notify ----

in_box systemctl start echod || fail "systemctl start: $(in_box journalctl -u echod --no-pager)"
[ "$(property Type) $(property ActiveState)" = "notify active" ] || fail "not started"
in_box systemctl status --no-pager echod >"$tmp/status.out"
expect_match "$tmp/status.out" '^ *Status: "running: [0-9]+ workers?; tcp 127\.0\.0\.1 7'

# ---- Whom, and with what ----

pid=$(property MainPID)
[ "$(in_box ps -o user= -p "$pid")" = echod ] || fail "the master is not user echod"
uid=$(in_box id -u echod)
# expect_caps PID CAPABILITIES
expect_caps() {
  in_box cat "/proc/$1/status" >"$tmp/proc"
  [ "$(sed -n 's/^Uid://p' "$tmp/proc" | xargs)" = "$uid $uid $uid $uid" ] ||
    fail "process $1 is not echod in every way: $(grep Uid "$tmp/proc")"
  expect_match "$tmp/proc" "^CapPrm:[[:space:]]+$2\$"
  expect_match "$tmp/proc" "^CapEff:[[:space:]]+$2\$"
  expect_match "$tmp/proc" '^CapAmb:[[:space:]]+0+$'
  expect_match "$tmp/proc" '^NoNewPrivs:[[:space:]]+1$'
}
# The sample listens on port 7, so the master keeps the one capability; the workers keep none.
# Without libcap-ng the master keeps what the unit gave it, which is that one too.
! "$echod" --version | grep -q 'libcap-ng *yes' || expect_caps "$pid" 0000000000000400
for worker in $(in_box cat "/proc/$pid/task/$pid/children"); do
  expect_caps "$worker" 0000000000000000
done
[ "$(in_box stat -c '%U:%G %a %F' /run/echod/control.sock)" = "echod:echod 660 socket" ] ||
  fail "the control socket: $(in_box ls -l /run/echod)"

in_box "$bindir/multiconn" -q --control /run/echod/control.sock 127.0.0.1 7 50 ||
  fail "multiconn in the container"

# The journal got fields.
in_box journalctl -u echod -o json --no-pager >"$tmp/journal"
if "$echod" --version | grep -q 'libsystemd *yes'; then
  jq -es 'any(.[]; .ECHOD_SUBSYSTEM == "master" and (.MESSAGE | test("echod is ready")))' \
    "$tmp/journal" >/dev/null || fail "no ready line with fields: $(cat "$tmp/journal")"
fi

# ---- Reload: the same process goes on ----

# web PATH: what the HTTP side says there.
web() {
  in_box python3 -c 'import sys, urllib.request as request
print(request.urlopen("http://127.0.0.1:9007" + sys.argv[1], timeout=30).read().decode())' "$1"
}
configuration=$(in_box "$unit" --version | sed -n 's/.*configuration *//p')
http=
if "$echod" --version | grep -q 'libmicrohttpd *yes' && in_box python3 -c ''; then
  http=yes
  echo 'metrics-listen = "127.0.0.1:9007";' >>"$root$configuration"
fi
in_box systemctl reload echod || fail "systemctl reload"
[ "$(property MainPID) $(property ActiveState)" = "$pid active" ] || fail "gone after a reload"
in_box "$bindir/echoctl" ping || fail "echoctl ping after a reload"
# What the HTTP side needs is within the unit's confinement.
if [ -n "$http" ]; then
  web /readyz | grep -qx running || fail "not ready by HTTP"
  web /metrics | grep -q '^process_open_fds [0-9]' || fail "no metrics by HTTP"
fi

# ---- Stop: in order, in time, nothing left ----

in_box timeout 20 systemctl stop echod || fail "systemctl stop"
[ "$(property Result) $(property ExecMainStatus)" = "success 0" ] ||
  fail "the stop was $(property Result), exit code $(property ExecMainStatus)"
[ "$(property NRestarts)" -eq 0 ] || fail "it was restarted"
! in_box test -e /run/echod || fail "/run/echod is left"

# ---- A bad configuration ends the matter ----

echo 'nonsense = 1;' >>"$root$configuration"
! in_box systemctl start echod 2>/dev/null || fail "started with a wrong configuration"
[ "$(property ExecMainStatus) $(property NRestarts)" = "78 0" ] ||
  fail "exit code $(property ExecMainStatus), restarted $(property NRestarts) times"

in_box systemctl poweroff 2>/dev/null
expect_end $nspawn 0
