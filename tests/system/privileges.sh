#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Started as root: whom each process becomes, what it keeps of root's rights (the master one
# capability, and that only with a port below 1024; a worker nothing, one that was forked later
# neither), who owns what is made, and which users cannot be become.
#
# The test is root in namespaces of its own, so that a low port is free, /run is its own, and users
# and groups are what its own /etc/passwd and /etc/group say.

if [ -z "${own_places-}" ]; then
  own_places=yes
  export own_places
  [ "$(id -u)" -eq 0 ] || {
    echo "SKIP: needs root: only root can become another user"
    exit 77
  }
  unshare --mount --net true 2>/dev/null || {
    echo "SKIP: needs the right to namespaces of its own"
    exit 77
  }
  exec unshare --mount --net "${SHELL:-/bin/sh}" "$0" "$@"
fi

. "${top_srcdir:-.}/tests/system/lib.sh"

need ip mount
ip link set dev lo up || fail "no loopback"

# The user has a group of its own and a second one; the control group is a third.
cat >"$tmp/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
echod:x:7001:7001:echo server:/nonexistent:/usr/sbin/nologin
END
cat >"$tmp/group" <<'END'
root:x:0:
nogroup:x:65534:
echod:x:7001:
logs:x:7002:echod
operators:x:7003:
END
for table in passwd group; do
  mount --bind "$tmp/$table" "/etc/$table" || skip "cannot have an /etc/$table of its own"
done
mount -t tmpfs -o mode=755 tmpfs /run || skip "cannot have a /run of its own"
# The default places below /run, which root makes, are what is tried here.
unset RUNTIME_DIRECTORY ECHOD_SOCKET
run=$("$echod" --version | sed -n 's/.*run-time state *//p')
case $run in
  /run/*) ;;
  *)
    mkdir -p "${run%/*}"
    mount -t tmpfs -o mode=755 tmpfs "${run%/*}" || skip "cannot have a ${run%/*} of its own"
    ;;
esac
ECHOD_SOCKET=$run/control.sock
export ECHOD_SOCKET

# configure PORT [SETTING]
configure() {
  cat >"$tmp/echod.conf" <<CONF
listeners = { echo = { address = "127.0.0.1"; port = $1; }; };
workers = 2;
${2-}
CONF
}

# fact PID NAME: a line of its status, blanks as one.
fact() {
  sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr -s '[:space:]' ' ' | sed 's/ *$//'
}

# expect_fact PID NAME VALUE
expect_fact() {
  [ "$(fact "$1" "$2")" = "$3" ] || fail "process $1 has $2 $(fact "$1" "$2"), not $3"
}

none=0000000000000000
bind=0000000000000400 # CAP_NET_BIND_SERVICE

# expect_process PID USER GROUP GROUPS CAPABILITIES
expect_process() {
  expect_fact "$1" Uid "$2 $2 $2 $2"
  expect_fact "$1" Gid "$3 $3 $3 $3"
  [ "$(fact "$1" Groups | tr ' ' '\n' | sort | xargs)" = "$4" ] ||
    fail "process $1 has the groups $(fact "$1" Groups), not $4"
  expect_fact "$1" CapEff "$5"
  expect_fact "$1" CapPrm "$5"
  expect_fact "$1" CapInh $none
  expect_fact "$1" CapAmb $none
  expect_fact "$1" NoNewPrivs 1
}

# expect_all USER GROUP GROUPS MASTERS-CAPABILITIES
expect_all() {
  expect_process "$echod_pid" "$1" "$2" "$3" "$4"
  workers=$(children_of "$echod_pid")
  [ "$(echo "$workers" | wc -w)" -eq 2 ] || fail "not two workers: $workers"
  for worker in $workers; do
    expect_process "$worker" "$1" "$2" "$3" $none
    [ "$bounded" = no ] || expect_fact "$worker" CapBnd $none
  done
  [ "$bounded" = no ] || expect_fact "$echod_pid" CapBnd $none
}

# Without libcap-ng nothing is kept, and the bounding set is left as it is.
low=$bind bounded=yes
"$echod" --version | grep -q 'libcap-ng *yes' || low=$none bounded=no

# ---- A port below 1024, and a worker that comes later ----

configure 7
start_echod --config "$tmp/echod.conf"
expect_all 7001 7001 '7001 7002' $low
expect_status '.user == "echod"'
first=$(status | jq '.workers[0].pid')
kill -KILL "$first"
wait_until 10 restarted 0 "$first"
expect_all 7001 7001 '7001 7002' $low
expect_exit 0 "$multiconn" -q 127.0.0.1 7 20

# ---- What was made is the user's, and goes ----

[ "$(stat -c '%U:%G %a' "$run")" = "echod:echod 755" ] || fail "$run: $(stat -c '%U:%G %a' "$run")"
[ "$(stat -c '%G %a %F' "$run/control.sock")" = "echod 660 socket" ] ||
  fail "the control socket: $(stat -c '%G %a %F' "$run/control.sock")"
[ "$(cat "$run/echod.pid")" = "$echod_pid" ] || fail "the PID file has another number"
stop_echod
[ -z "$(ls "$run")" ] || fail "left in $run: $(ls "$run")"

# ---- No such port: no capability; a control group of its own; a PID file in root's directory ----

configure 0 "control = { group = \"operators\"; }; pid-file = \"/run/echod-of-root.pid\";"
start_echod --config "$tmp/echod.conf"
expect_all 7001 7001 '7001 7002' $none
[ "$(stat -c '%G %a' "$run/control.sock")" = "operators 660" ] ||
  fail "the control socket: $(stat -c '%G %a' "$run/control.sock")"
stop_echod
[ ! -s /run/echod-of-root.pid ] || fail "the PID file of a stopped daemon has a number"

configure 0 'control = { group = "nosuchgroup"; };'
expect_exit 1 "$echod" --config "$tmp/echod.conf"
expect_match "$tmp/stderr" "control.group 'nosuchgroup': no such group"

# ---- Other users, and users that there are not ----

configure 0
start_echod --config "$tmp/echod.conf" --user nobody:operators
expect_all 65534 7003 '7003' $none
stop_echod

expect_exit 1 "$echod" --config "$tmp/echod.conf" --user nosuchuser
expect_match "$tmp/stderr" '^echod: user "nosuchuser": there is no such user$'
expect_exit 1 "$echod" --daemon --config "$tmp/echod.conf" --user echod:nosuchgroup
expect_match "$tmp/stderr" '^echod: group "nosuchgroup": there is no such group$'

# Root only by request, and then with what root has.
start_echod --config "$tmp/echod.conf" --user root
expect_fact "$echod_pid" Uid '0 0 0 0'
expect_fact "$echod_pid" NoNewPrivs 1
expect_status '.user == "root"'
stop_echod
! grep -q 'warning' "$echod_err" || fail "a warning about what was asked for: $(cat "$echod_err")"

# Written in place: what is mounted is this very file.
grep -v '^echod:' "$tmp/passwd" >"$tmp/passwd.less"
cp "$tmp/passwd" "$tmp/passwd.all"
cat "$tmp/passwd.less" >"$tmp/passwd"
start_echod --config "$tmp/echod.conf"
expect_match "$echod_err" 'warning: master: there is no user "echod": running as "nobody"$'
expect_all 65534 65534 '65534' $none
# Asked for by name it is no default.
expect_exit 1 "$echod" --config "$tmp/echod.conf" --user echod
expect_match "$tmp/stderr" '^echod: user "echod": there is no such user$'
# Whoever is nobody has no more rights than any other client.
if command -v setpriv >/dev/null 2>&1; then
  expect_exit 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$echoctl" stop
fi
stop_echod
cat "$tmp/passwd.all" >"$tmp/passwd"

# ---- Started as the user already, with a capability, as systemd does ----

if command -v setpriv >/dev/null 2>&1; then
  mkdir "$run" 2>/dev/null
  chown echod:echod "$run"
  for port in 7 0; do
    configure $port
    kept=$none
    [ $port -eq 0 ] || kept=$bind
    cat >"$tmp/as-echod" <<END
#!/bin/sh
RUNTIME_DIRECTORY=$run exec setpriv --reuid echod --regid echod --init-groups \
  --inh-caps -all,+net_bind_service --ambient-caps +net_bind_service "$echod" "\$@"
END
    chmod 755 "$tmp/as-echod"
    program=$echod
    echod=$tmp/as-echod
    start_echod --config "$tmp/echod.conf"
    echod=$program
    expect_fact "$echod_pid" CapEff $kept
    for worker in $(children_of "$echod_pid"); do
      expect_process "$worker" 7001 7001 '7001 7002' $none
    done
    stop_echod
  done
fi

# ---- The log file is the user's from the start, also by a further group ----

mkdir "$tmp/private" "$tmp/shared"
chmod 700 "$tmp/private"
chgrp logs "$tmp/shared"
chmod 770 "$tmp/shared"
configure 0 "log = { to = \"file\"; file = \"$tmp/private/echod.log\"; };"
expect_exit 1 "$echod" --config "$tmp/echod.conf"
expect_match "$tmp/stderr" "^echod: cannot open the log $tmp/private/echod.log: Permission denied\$"
expect_exit 1 "$echod" --daemon --config "$tmp/echod.conf"
expect_match "$tmp/stderr" "^echod: cannot open the log $tmp/private/echod.log: Permission denied\$"
[ ! -e "$tmp/private/echod.log" ] || fail "root made the log file"
configure 0 "log = { to = \"file\"; file = \"$tmp/shared/echod.log\"; };"
start_echod --config "$tmp/echod.conf"
[ "$(stat -c %U:%G "$tmp/shared/echod.log")" = "echod:echod" ] ||
  fail "the log file is $(stat -c %U:%G "$tmp/shared/echod.log")'s"
mv "$tmp/shared/echod.log" "$tmp/shared/old"
kill -USR1 "$echod_pid"
wait_until 10 test -e "$tmp/shared/echod.log"
stop_echod

# ---- All addresses instead of one, by a reload: what root bound and what the user binds overlap ----

# on ADDRESS: the listener's configuration.
on() {
  cat >"$tmp/echod.conf" <<END
listeners = { echo = { address = "$1"; port = 7007; transport = [ "tcp", "udp" ]; }; };
END
}
on 127.0.0.1
start_echod --config "$tmp/echod.conf"
for address in '*' 127.0.0.1; do
  on "$address"
  expect_exit 0 "$echoctl" reload
  expect_exit 0 "$multiconn" -q 127.0.0.1 7007 4
  expect_exit 0 "$multiconn" -q --udp 127.0.0.1 7007 4
done
stop_echod
