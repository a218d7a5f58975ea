#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# Lists of connections over the control socket: every row, filter, order and page against connections
# of which the test knows everything, and closing them.

. "${top_srcdir:-.}/tests/system/lib.sh"
need python3 jq

cat >"$tmp/echod.conf" <<CONF
workers = 3;
listeners = {
  echo = { address = "127.0.0.1"; port = 0; max-pending = "16k"; };
  proxied = { address = "127.0.0.1"; port = 0; proxy-protocol = "v1"; proxy-timeout = "off";
    proxy-trusted = [ "127.0.0.1" ]; };
  local = { transport = "unix"; address = "$tmp/run/echo.sock"; };
};
CONF
for selector in $(selectors); do
  start_echod -n 3 --selector "$selector" --config "$tmp/echod.conf"
  expect_exit 0 env PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/system/connections.py" \
    "$(echod_port tcp echo)" "$(echod_port tcp proxied)" "$tmp/run/echo.sock"
  expect_match "$echod_err" "control: 3 connections closed, asked for by uid $(id -u), pid [0-9]+"
  expect_status '.totals.active == 0 and .totals.closed.control == 28'
  stop_echod
done
