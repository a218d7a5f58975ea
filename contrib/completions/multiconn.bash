# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# bash completion for multiconn

_multiconn() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

  COMPREPLY=()
  case $previous in
    --selector)
      mapfile -t COMPREPLY < <(compgen -W 'auto epoll poll select' -- "$current")
      return ;;
    --control | --unix)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    -B | --bind | -l | --length | -m | --message | --timeout)
      return ;;
  esac
  case $current in
    -*)
      mapfile -t COMPREPLY < <(compgen -W '-4 -6 -B -V -h -l -m -q -u --bind --control --help --length
        --message --quiet --selector --timeout --udp --unix --version' -- "$current") ;;
    *)
      mapfile -t COMPREPLY < <(compgen -A hostname -- "$current") ;;
  esac
}
complete -F _multiconn multiconn
