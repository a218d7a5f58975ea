# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# setup.sh: from a fresh machine to a built tree, for the scripts beside it, which source it.
#
#   setup_install [ROW...]   installs what is missing and nothing else
#   setup_build [OPTION...]  bootstraps, configures with these options and builds in $build
#
# Always holds: a step that is done is not done again, so that a second run needs neither network nor
# patience; nothing is installed without saying so first; root is asked for only to install.
#
# Set here: source_dir (the tree), build (its build directory, $BUILD_DIR or build/ in the tree), jobs.

source_dir=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
build=${BUILD_DIR:-$source_dir/build}
jobs=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
setup_changed= # set when something was installed

# need|how it shows|apt-get|dnf|pacman|apk; "need" stops the script when it cannot be had, "want" only
# leaves something out. "-" = not packaged there. A command, or pkg-config's name behind "lib:".
setup_rows='need|cc|gcc libc6-dev|gcc|gcc|gcc musl-dev linux-headers
need|make|make|make|make|make
need|pkg-config|pkg-config|pkgconf-pkg-config|pkgconf|pkgconf
need|lib:jansson|libjansson-dev|jansson-devel|jansson|jansson-dev
need|lib:libconfig|libconfig-dev|libconfig-devel|libconfig|libconfig-dev
want|lib:libsystemd|libsystemd-dev|systemd-devel|systemd-libs|-
want|lib:libcap-ng|libcap-ng-dev|libcap-ng-devel|libcap-ng|libcap-ng-dev
want|lib:libmicrohttpd|libmicrohttpd-dev|libmicrohttpd-devel|libmicrohttpd|libmicrohttpd-dev'

# Only a tree without a configure script of its own needs these.
setup_bootstrap_rows='need|autoconf|autoconf|autoconf|autoconf|autoconf
need|automake|automake|automake|automake|automake'

setup_say() {
  echo "${0##*/}: $*" >&2
}

setup_die() {
  setup_say "$*"
  exit 1
}

# Whether what a row names is here.
setup_has() {
  case $1 in
    cc) command -v "${CC:-cc}" >/dev/null 2>&1 ;;
    lib:*) command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "${1#lib:}" ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# Prints the packages of the rows on standard input that have the degree $1 (need or want) and are
# missing; $2 is the column of the package manager.
setup_missing() {
  while IFS='|' read -r setup_degree setup_shows setup_packages; do
    [ "$setup_degree" = "$1" ] || continue
    setup_has "$setup_shows" && continue
    echo "$setup_packages" | cut -d '|' -f "$2" | grep -vx -e '-'
  done | tr '\n' ' '
}

# Runs a command as root, saying so first; standard input is nobody's to answer from.
setup_as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    setup_say "running: $*"
    env DEBIAN_FRONTEND=noninteractive "$@" </dev/null
  elif command -v sudo >/dev/null 2>&1; then
    setup_say "running as root: sudo $*"
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    setup_say "not root, and no sudo here; as root, run: $*"
    return 1
  fi
}

# Installs these packages with the package manager $1.
setup_packages() {
  setup_manager=$1
  shift
  case $setup_manager in
    apt-get)
      # Stale lists may still do.
      setup_as_root apt-get update -qq
      setup_as_root apt-get install -y -qq --no-install-recommends "$@"
      ;;
    dnf) setup_as_root dnf install -y "$@" ;;
    pacman) setup_as_root pacman -Sy --needed --noconfirm "$@" ;;
    apk) setup_as_root apk add "$@" ;;
  esac
}

# Prints this machine's package manager and its column in the rows; fails where there is none.
setup_find_manager() {
  setup_column=0
  for setup_manager in apt-get dnf pacman apk; do
    setup_column=$((setup_column + 1))
    command -v "$setup_manager" >/dev/null 2>&1 && echo "$setup_manager $setup_column" && return
  done
  return 1
}

# A row's list of packages is several arguments, so they are not quoted here.
# shellcheck disable=SC2086
setup_install() {
  setup_all=$setup_rows
  setup_is_bootstrapped || setup_all="$setup_all
$setup_bootstrap_rows"
  for setup_row in "$@"; do
    setup_all="$setup_all
$setup_row"
  done
  # Without a package manager the names of the first column say what to look for.
  setup_found=$(setup_find_manager) || setup_found="none 1"
  setup_manager=${setup_found% *}
  setup_needed=$(echo "$setup_all" | setup_missing need "${setup_found#* }")
  setup_wanted=$(echo "$setup_all" | setup_missing want "${setup_found#* }")
  if [ "$setup_manager" = none ]; then
    [ -z "$setup_needed" ] || setup_die "no known package manager; please install: $setup_needed"
    [ -z "$setup_wanted" ] || setup_say "doing without: $setup_wanted"
    return 0
  fi
  # One run for all of them when that works; else what is merely wanted stays out.
  if [ -n "$setup_wanted" ]; then
    setup_packages "$setup_manager" $setup_needed $setup_wanted && setup_changed=yes && return
    setup_say "could not install everything; trying without: $setup_wanted"
  fi
  [ -n "$setup_needed" ] || return 0
  setup_packages "$setup_manager" $setup_needed || setup_die "could not install: $setup_needed"
  setup_changed=yes
}

setup_is_bootstrapped() {
  [ -f "$source_dir/configure" ] && [ -f "$source_dir/Makefile.in" ] &&
    [ -z "$(find "$source_dir/configure.ac" "$source_dir/Makefile.am" "$source_dir/contrib/m4" \
      -newer "$source_dir/configure" -type f)" ]
}

setup_build() {
  setup_is_bootstrapped || {
    setup_say "bootstrapping"
    (cd "$source_dir" && autoreconf -fi) || setup_die "autoreconf failed"
  }
  mkdir -p "$build" && cd "$build" || exit 1
  # What this directory was configured from, and how.
  setup_wish="$source_dir $*"
  if [ -n "$setup_changed" ] || [ ! -f config.status ] ||
    [ "$(cat .configured 2>/dev/null)" != "$setup_wish" ]; then
    setup_say "configuring in $build"
    rm -f .configured
    "$source_dir/configure" "$@" >configure.out 2>&1 || {
      tail -n 20 configure.out >&2
      setup_die "configure failed; its log is $build/config.log"
    }
    sed -n '/^  echod /,$p' configure.out
    echo "$setup_wish" >.configured
  fi
  setup_say "building in $build"
  make -j"$jobs" --no-print-directory all || setup_die "the build failed"
}
