#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Who may call what: every method of the interface, by users of whom each is in other groups. Who may
# not is told so in the protocol, by echoctl with the group that would help, and in the log.

. "${top_srcdir:-.}/tests/system/lib.sh"
[ "$(id -u)" -eq 0 ] || skip "needs root: only root can be somebody else"
need jq setpriv
need_nc

# gid NAME: prints its number.
gid() {
  awk -F: -v name="$1" '$1 == name { print $3; found = 1 } END { exit !found }' /etc/group ||
    skip "needs a group $1"
}
connect=$(gid sys) operate=$(gid bin) administer=$(gid daemon)

# Where others can run it.
cp "$echoctl" "$tmp/echoctl"
chmod 755 "$tmp/echoctl"

# as WHO COMMAND...: runs it as this user, who is in no groups but these.
as() {
  who=$1
  shift
  case $who in
    outsider) setpriv --reuid 12345 --regid 12345 --clear-groups "$@" ;;
    reader) setpriv --reuid 12345 --regid 12345 --groups "$connect" "$@" ;;
    operator) setpriv --reuid 12345 --regid 12345 --groups "$connect,$operate" "$@" ;;
    admin) setpriv --reuid 12345 --regid "$administer" --groups "$connect" "$@" ;;
    itself) setpriv --reuid 7001 --regid 12345 --groups "$connect" "$@" ;;
    root) "$@" ;;
  esac
}

# configure [SETTING]...
configure() {
  cat >"$tmp/echod.conf" <<CONF
user = "7001"; group = "7001";
control = { group = "sys"; $* };
listeners = { echo = { address = "127.0.0.1"; port = 0; }; };
CONF
}

# refused WHO RIGHT METHOD: what echoctl has just said is that, and the log, too.
refused() {
  case $2 in
    operate) groups='the members of bin and daemon' ;;
    administer) groups='the members of daemon' ;;
  esac
  expect_line "$tmp/stderr" \
    "echoctl: not permitted: echod.Control.$3 is for root, the daemon's own user and $groups"
  expect_match "$echod_err" "warning: control: echod.Control.$3 refused to uid 12345, pid [0-9]+"
}

configure 'operate-groups = [ "bin" ]; admin-groups = [ "daemon" ];'
start_echod --workers 1 --config "$tmp/echod.conf"
[ "$(stat -c '%G %a' "$ECHOD_SOCKET")" = "sys 660" ] || fail "the socket: $(stat -c '%G %a' "$ECHOD_SOCKET")"

# The right that each method needs. It is looked at before the parameters: so a wrong parameter shows
# who may, without doing what the method does.
cat >"$tmp/rights" <<'TEXT'
CloseConnections operate
Drain operate
GetConfig read
GetConnection read
GetMetrics read
GetRefusals read
GetStatus read
ListConnections read
ListListeners read
Ping read
Reload administer
ReopenLogs administer
Resume operate
SetLogLevel administer
Stop administer
TestAcl read
WatchEvents read
WatchStatus read
TEXT
expect_exit 0 "$echoctl" methods
sed 's/(.*//' "$tmp/stdout" | sort >"$tmp/methods"
cut -d' ' -f1 "$tmp/rights" | diff - "$tmp/methods" || fail "the methods of the interface are others"

while read -r method right; do
  for who in reader operator admin itself root; do
    case $right,$who in
      read,* | operate,operator | *,admin | *,itself | *,root) may=yes ;;
      *) may=no ;;
    esac
    if [ $may = yes ]; then
      expect_exit 1 as $who "$tmp/echoctl" call "$method" '{"of_no_method":1}'
      expect_match "$tmp/stderr" 'InvalidParameter [{]"parameter":"of_no_method"[}]$'
    else
      expect_exit 4 as $who "$tmp/echoctl" call "$method" '{"of_no_method":1}'
      refused $who "$right" "$method"
      echo "{\"method\":\"echod.Control.$method\"}" | as $who nc -NU "$ECHOD_SOCKET" >"$tmp/reply"
      expect_line "$tmp/reply" '{"error":"org.varlink.service.PermissionDenied","parameters":{}}'
      cat "$tmp/reply" >>"$tmp/replies.$method"
    fi
  done
done <"$tmp/rights"

# Who cannot open the socket is told by its permissions, whatever is asked.
for verb in ping status stop; do
  expect_exit 4 as outsider "$tmp/echoctl" "$verb"
  expect_line "$tmp/stderr" "echoctl: $ECHOD_SOCKET: not permitted; join the group 'sys' or be root"
done

# What they do then happens.
expect_exit 0 as reader "$tmp/echoctl" status
expect_exit 0 as reader "$tmp/echoctl" connections
expect_exit 0 as operator "$tmp/echoctl" drain
expect_exit 4 as reader "$tmp/echoctl" resume
wait_until 10 is_state drained
expect_exit 0 as operator "$tmp/echoctl" resume
expect_exit 0 as operator "$tmp/echoctl" disconnect --all
for words in reload 'log debug' 'log reopen' stop; do
  # shellcheck disable=SC2086
  expect_exit 4 as operator "$tmp/echoctl" $words
done
expect_status '.state == "running" and .log.level == "info" and .config_generation == 1'
for words in reload 'log debug' 'log configured' 'log reopen'; do
  # shellcheck disable=SC2086
  expect_exit 0 as admin "$tmp/echoctl" $words
done
expect_status '.state == "running" and .config_generation == 2'
expect_exit 0 as itself "$tmp/echoctl" stop
expect_end "$echod_pid" 0

# Where no group has a right, none is named.
configure
start_echod --workers 1 --config "$tmp/echod.conf"
expect_exit 4 as operator "$tmp/echoctl" drain
expect_line "$tmp/stderr" "echoctl: not permitted: echod.Control.Drain is for root and the daemon's own user; no group is named in control.operate-groups or control.admin-groups"
expect_exit 4 as admin "$tmp/echoctl" stop
expect_line "$tmp/stderr" "echoctl: not permitted: echod.Control.Stop is for root and the daemon's own user; no group is named in control.admin-groups"
stop_echod
