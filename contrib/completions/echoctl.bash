# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# bash completion for echoctl(1)

_echoctl() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local options='-s --socket --timeout --json --no-color -h --help -V --version'
	local verbs='status listeners connections show disconnect ping version metrics config refusals events top acl wait methods call reload log drain resume stop'
	local orders='id age idle received sent bytes pending'
	local verb='' word i

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
	--for | --spread)
		mapfile -t COMPREPLY < <(compgen -W '30s 5m 1h' -- "$current")
		return
		;;
	--timeout)
		mapfile -t COMPREPLY < <(compgen -W '500ms 1s 5s 30s 2m' -- "$current")
		return
		;;
	--transport)
		mapfile -t COMPREPLY < <(compgen -W 'tcp unix' -- "$current")
		return
		;;
	--state)
		mapfile -t COMPREPLY < <(compgen -W 'open flushing lingering' -- "$current")
		return
		;;
	--service)
		mapfile -t COMPREPLY < <(compgen -W 'echo discard chargen daytime time message reflect' -- "$current")
		return
		;;
	--idle | --age)
		mapfile -t COMPREPLY < <(compgen -W '30s 10m 1h' -- "$current")
		return
		;;
	--sort)
		[[ " ${COMP_WORDS[*]} " == *' top '* ]] && orders+=' rate'
		mapfile -t COMPREPLY < <(compgen -W "$orders" -- "$current")
		return
		;;
	-i | --interval)
		mapfile -t COMPREPLY < <(compgen -W '500ms 1s 2s 10s 1m' -- "$current")
		return
		;;
	--from | --listener | --bytes | --limit | -n | --count)
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		[[ " $verbs " == *" $word "* ]] && verb=$word
	done
	case $verb in
	events)
		if [[ $current != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'open close refused reload worker_died' -- "$current")
			return
		fi
		;;
	wait)
		if [[ $previous == wait && $current != -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'ready drained connections<=0' -- "$current")
			return
		fi
		;;
	esac
	if [[ $verb == log && $previous == log ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'reopen error warning notice info debug configured' -- "$current")
		return
	fi
	case $verb in
	connections | disconnect)
		options+=' --from --listener --service --transport --state --idle --age --bytes'
		;;
	esac
	case $verb in
	listeners | connections | config | refusals | events | methods)
		options+=' --csv -H --no-headings'
		;;
	esac
	case $verb in
	connections) options+=' --sort --reverse --limit --tcp' ;;
	disconnect) options+=' --all --dry-run --now' ;;
	drain) options+=' --spread' ;;
	refusals) options+=' --limit' ;;
	log) options+=' --for' ;;
	metrics) options+=' --output' ;;
	stop) options+=' --now --no-wait' ;;
	top) options+=' -i --interval -n --count -H --no-headings --sort --reverse --limit' ;;
	esac
	if [[ $current == -* || -n $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
	fi
}

complete -F _echoctl echoctl
