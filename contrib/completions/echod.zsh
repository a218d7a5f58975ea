#compdef echod
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# zsh completion for echod(8); installed as _echod

_arguments -s -S \
  '(-c --config)'{-c,--config}'[read this configuration file]:file:_files' \
  '--check[check the configuration and exit]' \
  '(-d --daemon --transcript)'{-d,--daemon}'[go to the background]' \
  '--pid-file[write the process id to this file]:file:_files' \
  '--control-socket[answer echoctl on this socket]:path:_files' \
  '--user[become this user when started as root]:user:_users' \
  '--workers[how many worker processes]:number:(auto 1 2 4 8)' \
  '--selector[event back end]:selector:(auto epoll poll select)' \
  '--log-level[the most talkative level]:level:(error warning notice info debug)' \
  '(-d --daemon)--transcript[print each connection and its bytes]' \
  '(- *)'{-h,--help}'[show help]' \
  '(- *)'{-V,--version}'[show the version]' \
  '1:host:_hosts' \
  '2:port:'
