#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# The walls stand, and contrib/check-layers sees each kind of breach.
. "${top_srcdir:-.}/tests/system/lib.sh"

check=$top_srcdir/contrib/check-layers
expect_exit 0 "$check" "$top_srcdir"

# A small house of its own.
mkdir -p "$tmp/house/include/echod" "$tmp/house/src"
cd "$tmp/house" || exit 99
for layer in base selector service core control echod echoctl multiconn; do
  mkdir "src/$layer"
done
touch include/echod/attr.h src/base/net_private.h src/echoctl/render.h
echo '#include <sys/socket.h>' >include/echod/net.h
echo '#include "echod/net.h"' >include/echod/peer.h
touch src/base/net.c src/base/peer.c include/echod/wire.h src/control/wire.c
printf '%s\n' '#include "build.h"' '#include <string.h>' '#include "echod/attr.h"' >src/core/conn.c
printf '%s\n' '#include <jansson.h>' '#include "echod/wire.h"' >src/echod/handlers.c
expect_exit 0 "$check" .

# breach FILE INCLUDE REGEX: this include in this file is refused for this reason.
breach() {
  [ ! -e "$1" ] || cp "$1" kept
  echo "# include $2" >>"$1"
  expect_exit 1 "$check" .
  expect_match "$tmp/stdout" "^$1: .*$3"
  rm "$1"
  [ ! -e kept ] || mv kept "$1"
  expect_exit 0 "$check" .
}

breach src/base/x.c '"echod/wire.h"' 'of control, a layer above it'
breach src/core/x.c '"echod/wire.h"' 'of control, a layer above it'
breach include/echod/attr.h '"src/echoctl/render.h"' 'of echoctl, a layer above it'
breach src/echod/x.c '"src/echoctl/render.h"' 'of echoctl, another program'
breach src/echod/x.c '"../echoctl/render.h"' 'not here'
breach src/echoctl/x.c '"src/base/net_private.h"' 'private to base'
breach src/echod/x.c '"echod/no-such.h"' 'not here'
breach src/elsewhere.c '"echod/attr.h"' 'no layer'
breach src/core/conn.c '<unistd.h>' 'sees <unistd.h>'
breach src/service/echo.c '<time.h>' 'sees <time.h>'
breach src/core/conn.c '"echod/peer.h"' 'sees <sys/socket.h> through include/echod/net.h'
breach src/selector/epoll.c '"echod/attr.h"' 'knows backend.h alone'
breach src/echod/master_x.c '<libconfig.h>' 'no business'
breach src/base/x.c '<jansson.h>' 'no business'
breach src/echod/options.c '<systemd/sd-daemon.h>' 'no business'
breach src/echod/main.c '<cap-ng.h>' 'no business'
breach src/echod/main.c '<microhttpd.h>' 'no business'
breach src/echod/http_clients.c '<microhttpd.h>' 'no business'
breach src/echod/page_style.c '<jansson.h>' 'no business'
exit 0
