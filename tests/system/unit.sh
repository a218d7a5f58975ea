#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The made unit is one that systemd takes without a word, that is confined, and that still allows
# what echod does. systemd need not run for any of this.
. "${top_srcdir:-.}/tests/system/lib.sh"

made=$top_builddir/etc/echod.service
unit=$tmp/echod.service

# The program that is to be installed may not be there yet; any other does for the checker.
[ -s "$made" ] || fail "$made was not made"
! grep -n '@[a-z]*dir@' "$made" || fail "$made: a place was not filled in"
grep -q '^ExecStart=/.*/echod$' "$made" || fail "$made: no absolute path of echod in ExecStart="
sed 's|^ExecStart=.*|ExecStart=/bin/true|' "$made" >"$unit"

# setting NAME VALUE: the unit says exactly this.
setting() {
  grep -qx "$1=$2" "$made" || fail "$made: not $1=$2"
}
setting Type notify
setting KillMode mixed
setting RuntimeDirectory echod
setting RestartPreventExitStatus "2 78"
! grep -q '^PrivateUsers=yes' "$made" || fail "PrivateUsers= makes every client of the control socket nobody"

need systemd-analyze
systemd-analyze --man=no verify "$unit" >"$tmp/verify" 2>&1 || fail "verify: $(cat "$tmp/verify")"
! grep "echod.service" "$tmp/verify" || fail "verify has something to say"

# --offline came with systemd 250.
systemd-analyze --help | grep -q -- --offline || skip "this systemd-analyze has no --offline"
systemd-analyze security --no-pager --offline=true --threshold=25 "$unit" >"$tmp/security" ||
  fail "too exposed: $(tail -n 1 "$tmp/security")"
tail -n 1 "$tmp/security"
