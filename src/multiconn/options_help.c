/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * options_help.c: what --help and --version print.
 */
#include "build.h"

#include "multiconn/options_value.h"

static const char help[] =
    "Examples:\n"
    "  multiconn 127.0.0.1 65432 2            the tutorial's two connections\n"
    "  multiconn -q 127.0.0.1 65432 1000      a thousand at once, only the summary\n"
    "  multiconn -m hello -m world ::1 7 1    other messages\n"
    "  multiconn --unix /run/echo.sock 10     over a Unix stream socket\n"
    "  multiconn -u -l 512 ::1 7 100          datagrams of 512 bytes\n"
    "  multiconn -u --service time ::1 37 1   how far the server's clock differs\n"
    "  multiconn -q -B 127.0.0.2-127.0.0.9 127.0.0.1 7 10k\n"
    "                                         from eight addresses in turn\n"
    "  multiconn --action search --value ring 127.0.0.1 65432 1\n"
    "                                         a framed request\n"
    "\n"
    "Usage: multiconn [OPTION]... HOST PORT NUM_CONNECTIONS\n"
    "       multiconn [OPTION]... --unix PATH NUM_CONNECTIONS\n"
    "Opens NUM_CONNECTIONS connections at once to a server, sends each the same\n"
    "messages, and compares every byte that comes back with what its service is to\n"
    "answer.\n"
    "\n"
    "  -m, --message TEXT    send this instead of the two messages; may be repeated\n"
    "  -l, --length SIZE     fill each message up to so many bytes\n"
    "  -q, --quiet           print only the summary\n"
    "  -u, --udp             each message is a datagram; count what is lost\n"
    "      --service NAME    what the server does: echo, discard, chargen, daytime,\n"
    "                        time, message or reflect (echo)\n"
    "      --action ACTION   ask service message to do this,\n"
    "      --value TEXT      with this\n"
    "      --unix PATH       connect to this Unix stream socket\n"
    "      --control PATH    compare echod's own counts, from its control socket\n"
    "                        (auto: from where echoctl finds it)\n"
    "      --selector NAME   epoll, poll, select or auto (auto)\n"
    "      --timeout T       give up a connect, or a connection without progress\n"
    "                        (10s)\n"
    "      --proxy VERSION[,src=ADDRESS:PORT]\n"
    "                        begin with a PROXY header, v1 or v2, that names our own\n"
    "                        end of the connection, or this client\n"
    "  -4, -6                only IPv4, only IPv6\n"
    "  -B, --bind ADDRESS[-ADDRESS]\n"
    "                        connect from this address of ours, or from each of these\n"
    "                        in turn\n"
    "  -h, --help            this help\n"
    "  -V, --version         the version and what was compiled in\n"
    "\n"
    "Exit: 0 all verified, 1 run-time error, 2 usage, 3 fewer connections than asked,\n"
    "4 a byte was wrong or missing, 130 interrupted. See multiconn(1).\n";

void options_print_help(FILE *out)
{
	fputs(help, out);
}

void options_print_version(FILE *out)
{
	fputs("multiconn " PACKAGE_VERSION "\n" ECHOD_FEATURES, out);
}
