#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# configure's choices: auto does without a library that is absent and says so, yes fails loudly, no
# never looks; the result builds and installs. `make check-options` runs this; it takes a while.
: "${TEST_DEADLINE:=600}"
export TEST_DEADLINE
. "${top_srcdir:-.}/tests/system/lib.sh"

need pkg-config

# A machine with nothing but what is needed.
mkdir "$tmp/pkgconfig" "$tmp/build" "$tmp/none"
for module in jansson libconfig; do
  cp "$(pkg-config --variable=pcfiledir $module)/$module.pc" "$tmp/pkgconfig"
done
cd "$tmp/build" || exit 99
unset PKG_CONFIG_PATH

# refused TEXT OPTION...: configure fails and its error says TEXT.
refused() {
  text=$1
  shift
  expect_exit 1 "$top_srcdir/configure" PKG_CONFIG_LIBDIR="$tmp/pkgconfig" "$@"
  expect_match "$tmp/stderr" "error: .*$text"
}

refused '--with-systemd=yes, but libsystemd was not found' --with-systemd
refused '--with-libcap-ng=yes, but libcap-ng was not found' --with-libcap-ng=yes
refused '--with-microhttpd=yes, but libmicrohttpd was not found' --with-microhttpd
refused '--enable-tests=yes, but cmocka was not found' --enable-tests
refused '--with-systemd=perhaps: must be auto, yes or no' --with-systemd=perhaps
refused 'cannot build with -fsanitize=nonsense' --enable-sanitizers=nonsense
refused 'jansson' PKG_CONFIG_LIBDIR="$tmp/none"

expect_exit 0 "$top_srcdir/configure" PKG_CONFIG_LIBDIR="$tmp/pkgconfig"
expect_match "$tmp/stdout" 'libsystemd was not found: '
expect_match "$tmp/stdout" 'libcap-ng was not found: '
expect_match "$tmp/stdout" 'libmicrohttpd was not found: '
expect_match "$tmp/stdout" 'cmocka was not found: '
features='libsystemd        no\n  libcap-ng         no\n  libmicrohttpd     no\n  sanitizers        none\n'
grep '^#define ECHOD_FEATURES' build.h | grep -Fq "$features" || fail "not without the libraries"

# Whether or not they are there: no means no.
expect_exit 0 "$top_srcdir/configure" --with-systemd=no --with-libcap-ng=no \
  --with-microhttpd=no --enable-tests=no --enable-werror --prefix=/usr --sysconfdir=/etc --with-systemdsystemunitdir=/units
grep '^#define ECHOD_FEATURES' build.h | grep -Fq "$features" || fail "--with-...=no is no no"
expect_match "$tmp/stdout" 'unit tests +no'
expect_match "$tmp/stdout" 'systemd units +/units'
expect_exit 0 make -j2 all
expect_exit 0 make check VERBOSE=1 TESTS='tests/system/http-rules.sh tests/system/http.sh
  tests/system/metrics.sh tests/system/echo.sh'
expect_match "$tmp/stdout" '^# PASS:  3$'
expect_match "$tmp/stdout" '^# SKIP:  1$'
expect_exit 0 make install DESTDIR="$tmp/root"
for path in "$tmp"/root/*; do
  [ -e "$path" ] || continue
  case ${path##*/} in
    usr | etc | units) ;;
    *) fail "make install made /${path##*/}" ;;
  esac
done
exit 0
