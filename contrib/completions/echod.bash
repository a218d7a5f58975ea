# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# bash completion for echod(8)

_echod() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	# bash splits --name=VALUE into three words.
	if [[ $current == '=' ]]; then
		current=
	elif [[ $previous == '=' && COMP_CWORD -ge 2 ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $previous in
	-c | --config | --pid-file | --control-socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames 2>/dev/null
		return
		;;
	--user)
		mapfile -t COMPREPLY < <(compgen -u -- "$current")
		return
		;;
	--workers)
		mapfile -t COMPREPLY < <(compgen -W 'auto 1 2 4 8' -- "$current")
		return
		;;
	--selector)
		mapfile -t COMPREPLY < <(compgen -W 'auto epoll poll select' -- "$current")
		return
		;;
	--log-level)
		mapfile -t COMPREPLY < <(compgen -W 'error warning notice info debug' -- "$current")
		return
		;;
	esac
	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '-c --config --check -d --daemon --pid-file
			--control-socket --user --workers --selector --log-level --transcript
			-h --help -V --version' -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -W 'localhost 127.0.0.1 ::1' -- "$current")
	fi
}

complete -F _echod echod
