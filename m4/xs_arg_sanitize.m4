# SPDX-License-Identifier: MIT
# XS_ARG_SANITIZE: build everything with -fsanitize=LIST.
AC_DEFUN([XS_ARG_SANITIZE], [
	AC_ARG_ENABLE([sanitize],
		[AS_HELP_STRING([--enable-sanitize=LIST], [build with sanitizers, e.g. address,undefined or thread])],
		[xs_sanitize=$enableval], [xs_sanitize=no])
	AS_CASE([$xs_sanitize],
		[no], [xs_sanitize=],
		[yes], [xs_sanitize=address,undefined])
	XS_SAN_CFLAGS=
	# A shared library may have no undefined symbols, but for a sanitizer runtime that the program brings.
	XS_DEFS_LDFLAGS=-Wl,-z,defs
	AS_IF([test -n "$xs_sanitize"], [
		XS_DEFS_LDFLAGS=
		XS_SAN_CFLAGS="-fsanitize=$xs_sanitize -fno-omit-frame-pointer"
		AS_CASE([$xs_sanitize], [*undefined*], [XS_SAN_CFLAGS="$XS_SAN_CFLAGS -fno-sanitize-recover=undefined"])
		xs_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS $XS_SAN_CFLAGS"
		AC_MSG_CHECKING([whether $CC links with -fsanitize=$xs_sanitize])
		AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])], [
			AC_MSG_RESULT([no])
			AC_MSG_ERROR([--enable-sanitize=$xs_sanitize: $CC cannot link it; name sanitizers it has, or install its runtime (clang: libclang-rt-dev)])
		])
		CFLAGS=$xs_saved_CFLAGS
	])
	AC_SUBST([XS_SAN_CFLAGS])
	AC_SUBST([XS_DEFS_LDFLAGS])
	AC_SUBST([xs_sanitize])
	AM_CONDITIONAL([SANITIZE], [test -n "$xs_sanitize"])
])
