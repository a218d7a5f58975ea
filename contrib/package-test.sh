#!/bin/sh
# SPDX-FileCopyrightText: 2026 The echod authors
# SPDX-License-Identifier: MIT
#
# package-test.sh [deb|rpm|arch|alpine]...: makes the release tarball and from it, as a packager
# would, these packages (all unless told), and looks at what came out: lintian for Debian, the files
# and the programs' own words for the others. What this machine has no tools for is skipped. The
# packages are left in $build/packages.
set -u
# shellcheck source=contrib/setup.sh
. "$(dirname -- "$0")/setup.sh"

[ $# -gt 0 ] || set -- deb rpm arch alpine
case " $* " in *" deb "*) deb='want|dh|debhelper|-|-|-
want|lintian|lintian|-|-|-
want|dpkg-buildpackage|dpkg-dev|-|-|-' ;; *) deb= ;; esac
case " $* " in *" rpm "*) rpm='want|rpmbuild|rpm|rpm-build|-|-' ;; *) rpm= ;; esac
setup_install "$deb" "$rpm" 'need|xz|xz-utils|xz|xz|xz'
setup_build
make --no-print-directory dist >dist.out 2>&1 || { tail dist.out; setup_die "make dist failed"; }
tarball=$(echo "$build"/echod-*.tar.xz)
version=${tarball##*/echod-}
version=${version%.tar.xz}
packages=$build/packages
rm -rf "$packages"
mkdir "$packages"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a step with its words in a log that is shown when it fails.
step() {
  log=$1
  shift
  setup_say "$*"
  "$@" >"$packages/$log" 2>&1 || {
    tail -n 60 "$packages/$log"
    setup_die "that failed; its log is $packages/$log"
  }
}

test_deb() {
  command -v lintian >/dev/null || {
    setup_say "deb: skipped, no lintian here"
    return
  }
  mkdir "$tmp/deb"
  cp "$tarball" "$tmp/deb/echod_$version.orig.tar.xz"
  tar -C "$tmp/deb" -xf "$tarball"
  cd "$tmp/deb/echod-$version" || exit 1
  cp -R contrib/debian debian
  step deb-build.log dpkg-buildpackage -us -uc
  step deb-lintian.log lintian --fail-on error,warning --allow-root "../echod_$version-1"_*.changes
  cp ../*.deb ../*.dsc ../*.debian.tar.* ../*.orig.tar.* "$packages"
  mkdir "$tmp/deb/root"
  for deb in ../*.deb; do
    dpkg-deb -x "$deb" "$tmp/deb/root"
  done
  look_at "$tmp/deb/root"
}

test_rpm() {
  command -v rpmbuild >/dev/null || {
    setup_say "rpm: skipped, no rpmbuild here"
    return
  }
  # On a system of another kind rpm knows no installed package.
  step rpm-build.log rpmbuild -tb "$tarball" --nodeps --define "_topdir $tmp/rpm"
  find "$tmp/rpm/RPMS" -name '*.rpm' -exec cp {} "$packages" \;
  for rpm in "$packages"/*.rpm; do
    case $rpm in *debug*) continue ;; esac
    step rpm-install.log rpm -i --root "$tmp/rpm-root" --nodeps --noscripts "$rpm"
  done
  look_at "$tmp/rpm-root"
  ! command -v rpmlint >/dev/null ||
    step rpm-lint.log rpmlint -r "$source_dir/contrib/rpm/echod.rpmlintrc" "$packages"/*.rpm
}

# Their tools are not to be had elsewhere: the functions are run as they would run them.
# shellcheck disable=SC2016
test_recipe() {
  recipe=$1
  shell=$2
  mkdir -p "$tmp/$recipe/pkg"
  tar -C "$tmp/$recipe" -xf "$tarball"
  cd "$tmp/$recipe" || exit 1
  step "$recipe.log" "$shell" -eu -c '
    srcdir=$PWD pkgdir=$PWD/pkg CBUILD="" CHOST=""
    . "echod-$2/contrib/$1"
    [ "$pkgname" = echod ] && [ "$pkgver" = "$2" ]
    case $1 in alpine/*) cd "echod-$2" ;; esac
    (build)
    (package)' "$shell" "$recipe/$3" "$version"
  look_at "$tmp/$recipe/pkg"
}

# look_at ROOT: the programs are where they belong, and run.
look_at() {
  for program in echod echoctl multiconn; do
    found=$(find "$1" -type f -name $program -path '*bin/*')
    [ -n "$found" ] || setup_die "no $program in $1"
    "$found" --version >/dev/null || setup_die "$found --version fails"
  done
  configuration=$(find "$1/etc" -name echod.conf)
  [ -n "$configuration" ] || setup_die "no echod.conf in $1"
  for page in echoctl.1 multiconn.1 echod.conf.5 echod-control.7 echod.8; do
    [ -n "$(find "$1" -path "*/share/man/man${page##*.}/$page*")" ] ||
      setup_die "no manual page $page in $1"
  done
  for words in bash-completion/completions/echoctl fish/vendor_completions.d/echoctl.fish _echoctl; do
    [ -n "$(find "$1" -path "*/share/*$words")" ] || setup_die "no completion $words in $1"
  done
}

for kind in "$@"; do
  case $kind in
    deb) (test_deb) || exit 1 ;;
    rpm) (test_rpm) || exit 1 ;;
    arch) (test_recipe arch bash PKGBUILD) || exit 1 ;;
    alpine) (test_recipe alpine sh APKBUILD) || exit 1 ;;
    *) setup_die "no such kind of package: $kind" ;;
  esac
done
setup_say "the packages are in $packages"
