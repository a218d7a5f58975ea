#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# bench-conn.sh PROGRAM: nanoseconds per echo turn of a connection's own code, and, where valgrind
# is, its instructions: the difference between a long and a short run, so that starting counts not.
set -eu
program=$1
short=1000 long=21000

instructions() { # WHAT TURNS
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 1 2>&1 |
    sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

for what in conn timer; do
  "$program" $what
  if command -v valgrind >/dev/null; then
    a=$(instructions $what $short) b=$(instructions $what $long)
    echo "$what $(((b - a) / (long - short))) instructions per turn"
  else
    echo "$what instructions not counted: there is no valgrind"
  fi
done
