# SPDX-License-Identifier: MIT
# XS_CHECK_FUZZ: libFuzzer comes with clang; with another compiler the fuzz targets are replayed over their corpus only.
AC_DEFUN([XS_CHECK_FUZZ], [
	xs_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -fsanitize=fuzzer-no-link"
	AC_MSG_CHECKING([whether $CC has libFuzzer])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [xs_fuzz_state=yes], [xs_fuzz_state="no (configure with CC=clang)"])
	AC_MSG_RESULT([$xs_fuzz_state])
	CFLAGS=$xs_saved_CFLAGS
	AM_CONDITIONAL([FUZZ], [test "x$xs_fuzz_state" = xyes])
])
