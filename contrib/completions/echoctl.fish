# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# fish completion for echoctl(1)

complete -c echoctl -f
complete -c echoctl -n __fish_use_subcommand -a status -d 'How the daemon is and what it counted'
complete -c echoctl -n __fish_use_subcommand -a ping -d 'Does the daemon answer, and how fast?'
complete -c echoctl -n __fish_use_subcommand -a version -d 'The versions of both ends'
complete -c echoctl -n __fish_use_subcommand -a metrics -d 'The numbers for Prometheus'
complete -c echoctl -n __fish_use_subcommand -a config -d 'Every setting in force'
complete -c echoctl -n __fish_use_subcommand -a reload -d 'Take the configuration over again'
complete -c echoctl -n __fish_use_subcommand -a log -d 'How much is logged, or open log files again'
complete -c echoctl -n '__fish_seen_subcommand_from log' -a reopen -d 'After a rotation'
complete -c echoctl -n '__fish_seen_subcommand_from log' -a 'error warning notice info debug configured'
complete -c echoctl -n '__fish_seen_subcommand_from log' -l for -x -a '30s 5m 1h' -d 'Then as configured'
complete -c echoctl -n __fish_use_subcommand -a drain -d 'Serve only what is connected'
complete -c echoctl -n __fish_use_subcommand -a resume -d 'End a drain'
complete -c echoctl -n __fish_use_subcommand -a stop -d 'End the daemon'
complete -c echoctl -s s -l socket -r -F -d "The daemon's control socket"
complete -c echoctl -l timeout -x -a '500ms 1s 5s 30s 2m' -d 'How long to wait for the daemon'
complete -c echoctl -l json -d 'Print the answer as JSON'
complete -c echoctl -l no-color -d 'No colours on a terminal'
complete -c echoctl -s h -l help -d 'Show help'
complete -c echoctl -s V -l version -d 'Show the version'
complete -c echoctl -n '__fish_seen_subcommand_from metrics' -l output -r -F -d 'Replace this file'
complete -c echoctl -n '__fish_seen_subcommand_from stop' -l now -d 'Cut connections off'
complete -c echoctl -n '__fish_seen_subcommand_from stop' -l no-wait -d 'Do not wait for the end'
