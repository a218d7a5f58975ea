#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# check.sh [CONFIGURE-OPTION...]: builds echod here and runs all its tests, from a clone or a release
# tarball, on a machine with nothing but its package manager. $BUILD_DIR names another build
# directory. The last line is the totals; the exit code is that of `make check`.
set -u
# shellcheck source=contrib/setup.sh
. "$(dirname -- "$0")/setup.sh"

setup_install \
  'want|lib:cmocka|libcmocka-dev|libcmocka-devel|cmocka|cmocka-dev' \
  'want|ip|iproute2|iproute|iproute2|iproute2' \
  'want|jq|jq|jq|jq|jq' \
  'want|mandoc|mandoc|mandoc|mandoc|mandoc' \
  'want|nc|netcat-openbsd|netcat|openbsd-netcat|netcat-openbsd' \
  'want|ps|procps|procps-ng|procps-ng|procps' \
  'want|setpriv|util-linux|util-linux|util-linux|setpriv' \
  'want|socat|socat|socat|socat|socat' \
  'want|tmux|tmux|tmux|tmux|tmux'
setup_build "$@"

setup_say "running the tests"
rm -f test-suite.log
code=0
# Most of them mostly wait.
make -j"$((3 * jobs))" --no-print-directory check VERBOSE=1 || code=$?

# automake's own summary, summed; no summary means that the tests did not even build.
[ -f test-suite.log ] || setup_die "the tests did not run"
awk '
  /^# PASS: / || /^# XFAIL: / { passed += $3 }
  /^# FAIL: / || /^# XPASS: / || /^# ERROR: / { failed += $3 }
  /^# SKIP: / { skipped += $3 }
  END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' test-suite.log
exit "$code"
