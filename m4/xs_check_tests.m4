# SPDX-License-Identifier: MIT
# XS_CHECK_TESTS: CMocka for the unit tests.
AC_DEFUN([XS_CHECK_TESTS], [
	PKG_CHECK_MODULES([CMOCKA], [cmocka >= 1.1.5], [xs_tests_state=yes],
		[xs_tests_state="no (install libcmocka-dev)"])
	AM_CONDITIONAL([HAVE_CMOCKA], [test "x$xs_tests_state" = xyes])
	# Instrumented programs run on the simulated GPU or not at all.
	AM_CONDITIONAL([GPU_TESTS], [test "x$enable_sim" = xyes || test -z "$xs_sanitize"])
])
