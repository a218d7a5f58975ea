# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# fish completion for echod(8)

complete -c echod -f
complete -c echod -s c -l config -r -F -d 'Read this configuration file'
complete -c echod -l check -d 'Check the configuration and exit'
complete -c echod -s d -l daemon -d 'Go to the background'
complete -c echod -l pid-file -r -F -d 'Write the process id to this file'
complete -c echod -l control-socket -r -F -d 'Answer echoctl on this socket'
complete -c echod -l user -x -a '(__fish_complete_users)' -d 'Become this user'
complete -c echod -l workers -x -a 'auto 1 2 4 8' -d 'How many worker processes'
complete -c echod -l selector -x -a 'auto epoll poll select' -d 'Event back end'
complete -c echod -l log-level -x -a 'error warning notice info debug' -d 'Most talkative level'
complete -c echod -l transcript -d 'Print each connection and its bytes'
complete -c echod -s h -l help -d 'Show help'
complete -c echod -s V -l version -d 'Show the version'
