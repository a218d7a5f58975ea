dnl SPDX-FileCopyrightText: 2026 The echod authors
dnl SPDX-License-Identifier: MIT
dnl configure.ac's helpers.

dnl ECHOD_TRY_CFLAGS(VARIABLE, FLAGS): appends each flag that the compiler takes without a word.
AC_DEFUN([ECHOD_TRY_CFLAGS], [
  for echod_flag in $2; do
    AC_MSG_CHECKING([whether $CC takes $echod_flag])
    echod_saved_CFLAGS=$CFLAGS
    CFLAGS="-Werror $$1 $echod_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
      [$1="$$1 $echod_flag"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
    CFLAGS=$echod_saved_CFLAGS
  done
])

dnl ECHOD_TRY_LDFLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([ECHOD_TRY_LDFLAGS], [
  for echod_flag in $2; do
    AC_MSG_CHECKING([whether the linker takes $echod_flag])
    echod_saved_CFLAGS=$CFLAGS echod_saved_LDFLAGS=$LDFLAGS
    CFLAGS="-Werror $HARDENING $SANITIZE"
    LDFLAGS="$LDFLAGS $$1 $echod_flag"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [$1="$$1 $echod_flag"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
    CFLAGS=$echod_saved_CFLAGS LDFLAGS=$echod_saved_LDFLAGS
  done
])

dnl ECHOD_TRY_FORTIFY(VARIABLE): _FORTIFY_SOURCE, at its best level, only where the user's own
dnl flags optimise and do not set it: it means nothing, and warns, without -O.
AC_DEFUN([ECHOD_TRY_FORTIFY], [
  for echod_level in 3 2; do
    AC_MSG_CHECKING([for _FORTIFY_SOURCE=$echod_level])
    echod_saved_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror -D_FORTIFY_SOURCE=$echod_level"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>
      #if !defined __OPTIMIZE__
      #error not optimised
      #endif]])], [echod_fortify=yes], [echod_fortify=no])
    CFLAGS=$echod_saved_CFLAGS
    AC_MSG_RESULT([$echod_fortify])
    AS_IF([test "x$echod_fortify" = xyes], [$1="$$1 -D_FORTIFY_SOURCE=$echod_level"; break])
  done
])

dnl ECHOD_REQUIRE_LINK(FLAGS, TEXT): an error with this text when a program does not link with them.
AC_DEFUN([ECHOD_REQUIRE_LINK], [
  AC_MSG_CHECKING([whether $CC links with $1])
  echod_saved_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $1"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no]); AC_MSG_ERROR([$2])])
  CFLAGS=$echod_saved_CFLAGS
])

dnl ECHOD_CHOICE(OPTION, VALUE): auto, yes or no, nothing else.
AC_DEFUN([ECHOD_CHOICE], [
  AS_CASE([$2], [auto|yes|no], [], [AC_MSG_ERROR([--$1=$2: must be auto, yes or no])])
])
