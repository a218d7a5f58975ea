# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# fish completion for multiconn

complete -c multiconn -f -a '(__fish_print_hostnames)'
complete -c multiconn -s 4 -d 'Use only IPv4'
complete -c multiconn -s 6 -d 'Use only IPv6'
complete -c multiconn -l action -x -a 'search' -d 'Ask the service message for this'
complete -c multiconn -s B -l bind -x -d 'Connect from this address or these'
complete -c multiconn -l control -r -F -a auto -d 'Compare the counts of the daemon'
complete -c multiconn -s h -l help -d 'Print a short help'
complete -c multiconn -s l -l length -x -d 'Fill each message up to so many bytes'
complete -c multiconn -s m -l message -x -d 'Send this text'
complete -c multiconn -l proxy -x -a 'v1 v2 v1,src= v2,src=' -d 'Begin with a PROXY header'
complete -c multiconn -s q -l quiet -d 'Print only the summary'
complete -c multiconn -l selector -x -a 'auto epoll poll select' -d 'How to wait'
complete -c multiconn -l service -x -a 'echo discard chargen daytime time message reflect' -d 'What the server does'
complete -c multiconn -l timeout -x -d 'Give up a connect or a silent connection'
complete -c multiconn -s u -l udp -d 'Send each message as a datagram'
complete -c multiconn -l unix -r -F -d 'Connect to a Unix stream socket'
complete -c multiconn -l value -x -d 'What the action works on'
complete -c multiconn -s V -l version -d 'Print the version'
