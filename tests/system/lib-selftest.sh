#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The tests' own library: a helper that lets a failure pass would make every other test worthless.
# shellcheck disable=SC2016
. "${top_srcdir:-.}/tests/system/lib.sh"

# A daemon that only prints, and obeys SIGTERM.
cat >"$tmp/daemon" <<'END'
#!/bin/sh
trap 'echo stopped; exit 0' TERM
echo "$0" "$@" >&2
echo "starting"
echo "listening on tcp 127.0.0.1 1111 echo"
echo "listening on udp 127.0.0.1 2222 echo"
echo "listening on tcp 127.0.0.1 3333 other"
while :; do sleep 0.05; done
END
chmod +x "$tmp/daemon"

# run NAME: runs the script on standard input as a test of its own; its output is in $tmp/NAME.log.
run() {
  {
    echo ". '$top_srcdir/tests/system/lib.sh'"
    cat
  } >"$tmp/$1"
  ECHOD=$tmp/daemon /bin/sh "$tmp/$1" >"$tmp/$1.log" 2>&1
}

# ended NAME CODE: compares what run returned, which stands in $code.
ended() {
  [ "$code" -eq "$2" ] && return
  cat "$tmp/$1.log"
  fail "$1: exit code $code, not $2"
}

code=0
run good <<'END' || code=$?
start_echod -n 3 --some option
[ "$(echod_port)" = 1111 ] || fail first
[ "$(echod_port udp)" = 2222 ] || fail udp
[ "$(echod_port tcp other)" = 3333 ] || fail name
grep -q -e '--some option' "$echod_err" || fail arguments
[ -n "$(children_of $echod_pid)" ] || fail children
expect_exit 3 sh -c 'echo one two; exit 3'
expect_line "$tmp/stdout" "one two"
expect_match "$tmp/stdout" '^o.e'
stop_echod
wait_until 5 grep -q stopped "$echod_out"
END
ended good 0

code=0
run transcript <<'END' || code=$?
echod_out=$tmp/x
echo "listening on ('127.0.0.1', 65432)" >"$echod_out"
[ "$(echod_port)" = 65432 ] || fail port
END
ended transcript 0

code=0
run skipping <<'END' || code=$?
need sh no-such-command
END
ended skipping 77
expect_match "$tmp/skipping.log" '^SKIP: needs no-such-command$'

# must_fail NAME SCRIPT REGEX: the script fails as a test, and its output has a line that matches.
must_fail() {
  code=0
  echo "$2" | run "$1" || code=$?
  case $code in 0 | 77 | 124) ended "$1" 1 ;; esac
  expect_match "$tmp/$1.log" "$3"
}
must_fail code 'expect_exit 0 sh -c "echo seen; exit 4"' '^seen$'
must_fail line 'echo abc >"$tmp/x"; expect_line "$tmp/x" ab' 'no such line: ab'
must_fail match 'echo abc >"$tmp/x"; expect_match "$tmp/x" ^b' 'no line matches'
must_fail undefined 'echo "$no_such_variable"; exit 0' 'no_such_variable'
must_fail subshell 'text=$(fail inner); exit 0' '^FAIL: inner$'
must_fail until 'wait_until 1 false' 'waited in vain'
must_fail early 'echod=false; start_echod x' 'echod ended'
must_fail endpoints 'start_echod x; port=$(echod_port tcp none); exit 0' 'no endpoint'
must_fail status 'start_echod x; kill -KILL $echod_pid; wait $echod_pid; stop_echod' 'has gone'
must_fail sanitizer 'echo "x.c:1:2: runtime error: y" >"$tmp/a.err"' 'a sanitizer found'
must_fail answer 'echo "{\"x\":1}" >"$tmp/answers.Ping"' 'x: is not in the interface'
must_fail reply 'echo "{\"error\":\"echod.Control.No\"}" >"$tmp/replies.Ping"' 'not what the interface says Ping answers'
must_fail shown 'start_echod x; fail for a reason' '^FAIL: for a reason$'
expect_match "$tmp/shown.log" '^--- echod1.err$'

# A process that has the number of one that has gone is somebody else's.
sleep 100 &
stranger=$!
end_at_exit "$stranger"
code=0
run stranger <<END || code=$?
true &
end_at_exit \$!
wait
lib_pids=" $stranger:\${lib_pids#*:}"
END
ended stranger 0
kill -0 "$stranger" || fail "a process of somebody else was ended"

# However a test ends, its daemon and its directory go with it; a test that hangs is ended.
code=0
TEST_DEADLINE=5
export TEST_DEADLINE
run hanging <<'END' || code=$?
start_echod x
echo "$echod_pid $tmp"
while :; do sleep 1; done
END
ended hanging 124
expect_match "$tmp/hanging.log" 'its deadline of 5 s'
read -r pid directory <"$tmp/hanging.log"
kill -0 "$pid" 2>/dev/null && fail "a daemon was left behind"
[ ! -e "$directory" ] || fail "a directory was left behind"
exit 0
