#compdef echoctl
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# zsh completion for echoctl(1); installed as _echoctl

local -a filter_options list_options log_words verb_options verbs

verbs=(
  'status:how the daemon is and what it has counted'
  'listeners:what is served'
  'connections:list connections'
  'show:one connection'
  'disconnect:end connections'
  'ping:does the daemon answer, and how fast?'
  'version:the versions of both ends'
  'metrics:the numbers as Prometheus reads them'
  'config:every setting in force, and where it came from'
  'refusals:whom the daemon refused, and why'
  'events:what happens, as it happens'
  'top:what goes on now'
  'acl:would this address be let in, and by which rule?'
  'wait:wait for ready, drained or connections<=N'
  'methods:what the daemon can be asked'
  'call:call a method of the daemon'
  'reload:take the configuration over again'
  'log:set how much is logged, or open log files again'
  'drain:serve only the connections there are'
  'resume:end a drain'
  'stop:end the daemon'
)
list_options=(
  '--csv[print CSV, in base units]'
  '(-H --no-headings)'{-H,--no-headings}'[no first line with names]'
)
filter_options=(
  '--from[clients in this network]:network:'
  '--listener[of this listener]:listener:'
  '--service[of this service]:service:(echo discard chargen daytime time message reflect)'
  '--transport[over this transport]:transport:(tcp unix)'
  '--state[in this state]:state:(open flushing lingering)'
  '--idle[quiet for so long]:time:(30s 10m 1h)'
  '--age[open for so long]:time:(30s 10m 1h)'
  '--bytes[so much received and sent]:size:'
)
(( ${words[(I)(listeners|config|methods)]} )) && verb_options=($list_options)
(( ${words[(I)refusals]} )) && verb_options=(
  $list_options
  '--limit[the first N only]:number:'
)
(( ${words[(I)events]} )) && verb_options=(
  $list_options
  '*:kind:(open close refused reload worker_died)'
)
(( ${words[(I)wait]} )) && verb_options=(
  '2:condition:(ready drained connections\<=0)'
)
(( ${words[(I)connections]} )) && verb_options=(
  $list_options $filter_options
  '--sort[in this order]:order:(id age idle received sent bytes pending)'
  '--reverse[the other way round]'
  '--limit[the first N only]:number:'
  '--tcp[ask the kernel, too]'
)
(( ${words[(I)top]} )) && verb_options=(
  '(-i --interval)'{-i,--interval}'[how often]:time:(500ms 1s 2s 10s 1m)'
  '(-n --count)'{-n,--count}'[end after so many intervals]:number:'
  '(-H --no-headings)'{-H,--no-headings}'[no first line with names]'
  '--sort[in this order]:order:(rate id age idle received sent bytes pending)'
  '--reverse[the other way round]'
  '--limit[the first N only]:number:'
)
(( ${words[(I)disconnect]} )) && verb_options=(
  $filter_options
  '--all[every connection]'
  '--dry-run[only say how many it would be]'
  '--now[throw away what is unsent]'
)
(( ${words[(I)metrics]} )) && verb_options=(
  '--output[replace this file instead of printing]:file:_files'
)
(( ${words[(I)stop]} )) && verb_options=(
  '--now[cut connections off]'
  '--no-wait[do not wait until the daemon has gone]'
)

(( ${words[(I)log]} )) && log_words=(
  '--for[then as configured]:time:(30s 5m 1h)'
  '--spread[end connections over this time]:time:(30s 5m 1h)'
  '2:what:(error warning notice info debug configured reopen)'
)

_arguments -s -S \
  '(-s --socket)'{-s,--socket}'[the control socket of the daemon]:socket:_files' \
  '--timeout[how long to wait for the daemon]:time:(500ms 1s 5s 30s 2m)' \
  '--json[print the answer as JSON]' \
  '--no-color[no colours on a terminal]' \
  '(- *)'{-h,--help}'[show help]' \
  '(- *)'{-V,--version}'[show the version]' \
  $verb_options $log_words \
  '1:verb:{_describe verb verbs}'
