#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# make install puts the sample where echod looks, leaves a changed one alone, and always has the
# sample beside the documents; make uninstall takes away only what nobody changed.
. "${top_srcdir:-.}/tests/system/lib.sh"

# A make that runs this test hands its own flags down.
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
run_make() { "${MAKE:-make}" -C "$top_builddir" DESTDIR="$tmp/root" "$@" >"$tmp/make.log" 2>&1 || fail "make $*: $(cat "$tmp/make.log")"; }
run_make sysconfdir=/etc docdir=/doc install-conf
cmp "$top_srcdir/etc/echod.conf" "$tmp/root/etc/echod/echod.conf" || fail "not the sample"

echo '# mine' >>"$tmp/root/etc/echod/echod.conf"
run_make sysconfdir=/etc docdir=/doc install-conf
grep -q '^# mine' "$tmp/root/etc/echod/echod.conf" || fail "a changed file was overwritten"
cmp "$top_srcdir/etc/echod.conf" "$tmp/root/doc/echod.conf.sample" || fail "no sample in docdir"

run_make sysconfdir=/etc docdir=/doc uninstall-conf
grep -q '^# mine' "$tmp/root/etc/echod/echod.conf" || fail "a changed file was taken away"
[ ! -e "$tmp/root/doc/echod.conf.sample" ] || fail "the sample is still in docdir"

rm "$tmp/root/etc/echod/echod.conf"
run_make sysconfdir=/etc docdir=/doc install-conf
run_make sysconfdir=/etc docdir=/doc uninstall-conf
[ ! -e "$tmp/root/etc/echod" ] || fail "an unchanged file is still there"
