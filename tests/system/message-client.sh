#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# multiconn asks the message service: with one connection it prints what the tutorial's last client
# does, with many it checks each answer, and whatever is wrong with one it says.

. "${top_srcdir:-.}/tests/system/lib.sh"

cat >"$tmp/message.conf" <<CONF
listeners = {
  message = { address = "127.0.0.1"; port = 0; service = "message"; };
  local = { transport = "unix"; address = "$tmp/run/message.sock"; service = "message"; };
};
CONF
start_echod -n 2 --workers 2 --config "$tmp/message.conf"
port=$(echod_port)
to="('127.0.0.1', $port)"

# One line after the other; the summary is no line of the tutorial's.
expect_lines() {
  sed '$d' "$tmp/stdout" | cmp - "$tmp/expected" && return
  cat "$tmp/stdout"
  fail "not what the tutorial's client prints"
}

order=$(printf '\1\0' | od -An -tu2 | awk '{ print $1 == 1 ? "little" : "big" }')
header() { # TYPE ENCODING LENGTH
  printf '{"byteorder": "%s", "content-type": "%s", "content-encoding": "%s", "content-length": %s}' \
    "$order" "$1" "$2" "$3"
}

expect_exit 0 "$multiconn" --action search --value morpheus 127.0.0.1 "$port" 1
text=$(header text/json utf-8 41)
[ "${#text}" -eq 103 ] && first='\x00g' || first='\x00d'
cat >"$tmp/expected" <<END
starting connection to $to
sending b'$first$text{"action": "search", "value": "morpheus"}' to $to
received response {'result': 'Follow the white rabbit. 🐰'} from $to
got result: Follow the white rabbit. 🐰
closing connection to $to
END
expect_lines

expect_exit 0 "$multiconn" --action search --value 'x' 127.0.0.1 "$port" 1
expect_line "$tmp/stdout" "received response {'result': \"No match for 'x'.\"} from $to"
expect_line "$tmp/stdout" "got result: No match for 'x'."

# Any other action goes as the bytes of both words, in the tutorial's own type.
expect_exit 0 "$multiconn" --action double --value 🐶 127.0.0.1 "$port" 1
text=$(header binary/custom-client-binary-type binary 10)
[ "${#text}" -eq 127 ] && first='\x00\x7f' || first='\x00|'
cat >"$tmp/expected" <<END
starting connection to $to
sending b'$first${text}double\xf0\x9f\x90\xb6' to $to
received binary/custom-server-binary-type response from $to
got response: b'First 10 bytes of request: double\xf0\x9f\x90\xb6'
closing connection to $to
END
expect_lines

for ask in 'search ring' 'search nothing' 'dance x' 'a very-long-value-that-is-cut'; do
  expect_exit 0 "$multiconn" -q --control "$ECHOD_SOCKET" --action "${ask% *}" \
    --value "${ask#* }" 127.0.0.1 "$port" 200
  expect_match "$tmp/stdout" "^200 connections asked, 200 verified.*; the server's counts agree\$"
done
expect_exit 0 "$multiconn" -q --action search --value ring --unix "$tmp/run/message.sock" 20
expect_match "$tmp/stdout" '^20 connections asked, 20 verified, 0 failed; '
expect_exit 0 "$multiconn" --action search --value ring 127.0.0.1 "$port" 2
expect_line "$tmp/stdout" "starting connection 2 to $to"
expect_line "$tmp/stdout" "closing connection 2"
stop_echod

command -v python3 >/dev/null || exit 0 # what follows needs a server that is not ours

# serve HOW: the independent server, in $port.
serve() {
  python3 "$top_srcdir/tests/system/framed.py" server "$1" >"$tmp/server.out" 2>"$tmp/server.err" &
  server=$!
  end_at_exit "$server"
  wait_until 10 test -s "$tmp/server.out"
  port=$(cat "$tmp/server.out")
}
end_server() {
  kill "$server"
  wait "$server"
  rm "$tmp/server.out"
}
ask() { # CODE [N]
  expect_exit "$1" "$multiconn" --action search --value ring 127.0.0.1 "$port" "${2:-1}"
}

serve right
ask 0
expect_line "$tmp/stdout" "got result: In the caves beneath the Misty Mountains. 💍"
ask 0 100
expect_exit 0 "$multiconn" -q --action dance --value "a 🐶" 127.0.0.1 "$port" 10
end_server
serve wrong
ask 4 5
expect_match "$tmp/stderr" "mismatch at offset 0: expected the same answer as another connection's"
[ "$(grep -c mismatch "$tmp/stderr")" -eq 1 ] || fail "$(cat "$tmp/stderr")"
end_server
serve error
ask 4
expect_line "$tmp/stdout" "received response {'error': 'no'} from ('127.0.0.1', $port)"
expect_line "$tmp/stdout" "got result: None"
expect_match "$tmp/stderr" 'expected a content with a text result, received b.{"error": "no"}'
end_server
serve cut
ask 4
expect_match "$tmp/stderr" 'connection 1: shortfall at offset [0-9]+: the rest of the answer is missing'
end_server
serve more
ask 4
expect_match "$tmp/stderr" "mismatch at offset [0-9]+: expected nothing more, received b'x'"
end_server
serve late-field
ask 4
expect_match "$tmp/stderr" 'mismatch at offset 0: expected a right message'
end_server
