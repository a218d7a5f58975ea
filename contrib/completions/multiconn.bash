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
    --service)
      mapfile -t COMPREPLY < <(compgen -W 'echo discard chargen daytime time message reflect' \
        -- "$current")
      return ;;
    --control)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -W auto -- "$current")
      return ;;
    --unix)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    --proxy)
      mapfile -t COMPREPLY < <(compgen -W 'v1 v2 v1,src= v2,src=' -- "$current")
      [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
      return ;;
    -B | --action | --bind | -l | --length | -m | --message | --timeout | --value)
      return ;;
  esac
  case $current in
    -*)
      mapfile -t COMPREPLY < <(compgen -W '-4 -6 -B -V -h -l -m -q -u --action --bind --control
        --help --length --message --proxy --quiet --selector --service --timeout --udp --unix
        --value --version' -- "$current") ;;
    *)
      mapfile -t COMPREPLY < <(compgen -A hostname -- "$current") ;;
  esac
}
complete -F _multiconn multiconn
