# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# bash completion for echoctl(1)

_echoctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local options='-s --socket --timeout --json --no-color -h --help -V --version'
	local verbs='status ping version metrics config reload log drain resume stop' verb='' word i

	COMPREPLY=()
	# bash splits --name=VALUE into three words.
	if [[ $current == '=' ]]; then
		current=
	elif [[ $previous == '=' && COMP_CWORD -ge 2 ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $previous in
	-s | --socket | --output)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames 2>/dev/null
		return
		;;
	--for)
		mapfile -t COMPREPLY < <(compgen -W '30s 5m 1h' -- "$current")
		return
		;;
	--timeout)
		mapfile -t COMPREPLY < <(compgen -W '500ms 1s 5s 30s 2m' -- "$current")
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ " $verbs " == *" $word "* ]] && verb=$word
	done
	if [[ $verb == log && $previous == log ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'reopen error warning notice info debug configured' -- "$current")
		return
	fi
	[[ $verb == metrics ]] && options+=' --output'
	[[ $verb == log ]] && options+=' --for'
	[[ $verb == stop ]] && options+=' --now --no-wait'
	if [[ $current == -* || -n $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
	fi
}

complete -F _echoctl echoctl
