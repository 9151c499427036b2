# SPDX-License-Identifier: MIT
# XS_CHECK_TESTS: CMocka for the unit tests.
AC_DEFUN([XS_CHECK_TESTS], [
	PKG_CHECK_MODULES([CMOCKA], [cmocka >= 1.1.5], [xs_tests_state=yes],
		[xs_tests_state="no (install libcmocka-dev)"])
	dnl Since 2.0 it says whether the numbers have a sign.
	AS_IF([test "x$xs_tests_state" = xyes],
		[PKG_CHECK_EXISTS([cmocka >= 2.0], [], [CMOCKA_CFLAGS="$CMOCKA_CFLAGS -Dassert_uint_in_range=assert_in_range"])])
	AM_CONDITIONAL([HAVE_CMOCKA], [test "x$xs_tests_state" = xyes])
	# Instrumented programs run on the simulated GPU or not at all.
	AM_CONDITIONAL([GPU_TESTS], [test "x$enable_sim" = xyes || test -z "$xs_sanitize"])
])
