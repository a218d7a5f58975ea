#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# A client per method, all in flight at once, while a worker hangs: nobody waits for what does not
# concern it, each is answered in the end or may go before, and a stop waits for none of them. And as
# many clients as there may be, of which none can be sent away.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3

cat >"$tmp/echod.conf" <<CONF
workers = 2;
listeners = { echo = { address = "127.0.0.1"; port = 0; }; };
CONF
start_echod --config "$tmp/echod.conf"
expect_exit 0 env PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/system/in-flight.py" "$(echod_port)"
expect_end "$echod_pid" 0
