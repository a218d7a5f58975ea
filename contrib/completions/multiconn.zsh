#compdef multiconn
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# zsh completion for multiconn; installed as _multiconn

_arguments -s -S \
  '(-6 --unix)-4[use only IPv4]' \
  '(-4 --unix)-6[use only IPv6]' \
  '--action[ask the service message for this]:action:(search)' \
  '(-B --bind --unix)'{-B,--bind}'[connect from this address or these]:address or range:' \
  '--control[compare the counts of the daemon]:control socket, or auto:_files' \
  '(- *)'{-h,--help}'[print a short help]' \
  '(-l --length)'{-l,--length}'[fill each message up to so many bytes]:size:' \
  '*'{-m,--message}'[send this text]:text:' \
  '(-u --udp)--proxy[begin with a PROXY header]:version:(v1 v2 v1,src= v2,src=)' \
  '(-q --quiet)'{-q,--quiet}'[print only the summary]' \
  '--selector[how to wait]:selector:(auto epoll poll select)' \
  '--service[what the server does]:service:(echo discard chargen daytime time message reflect)' \
  '--timeout[give up a connect or a silent connection]:time:' \
  '(-u --udp --proxy --unix)'{-u,--udp}'[send each message as a datagram]' \
  '(-4 -6 -B --bind -u --udp)--unix[connect to a Unix stream socket]:socket:_files' \
  '--value[what the action works on]:text:' \
  '(- *)'{-V,--version}'[print the version]' \
  '1:host:_hosts' \
  '2:port:' \
  '3:number of connections:'
