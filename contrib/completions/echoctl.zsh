#compdef echoctl
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# zsh completion for echoctl(1); installed as _echoctl

local -a log_words metrics_options stop_options verbs

verbs=(
  'status:how the daemon is and what it has counted'
  'ping:does the daemon answer, and how fast?'
  'version:the versions of both ends'
  'metrics:the numbers as Prometheus reads them'
  'config:every setting in force, and where it came from'
  'reload:take the configuration over again'
  'log:set how much is logged, or open log files again'
  'drain:serve only the connections there are'
  'resume:end a drain'
  'stop:end the daemon'
)
(( ${words[(I)metrics]} )) && metrics_options=(
  '--output[replace this file instead of printing]:file:_files'
)
(( ${words[(I)stop]} )) && stop_options=(
  '--now[cut connections off]'
  '--no-wait[do not wait until the daemon has gone]'
)

(( ${words[(I)log]} )) && log_words=(
  '--for[then as configured]:time:(30s 5m 1h)'
  '2:what:(error warning notice info debug configured reopen)'
)

_arguments -s -S \
  '(-s --socket)'{-s,--socket}'[the control socket of the daemon]:socket:_files' \
  '--timeout[how long to wait for the daemon]:time:(500ms 1s 5s 30s 2m)' \
  '--json[print the answer as JSON]' \
  '--no-color[no colours on a terminal]' \
  '(- *)'{-h,--help}'[show help]' \
  '(- *)'{-V,--version}'[show the version]' \
  $stop_options $metrics_options $log_words \
  '1:verb:{_describe verb verbs}'
