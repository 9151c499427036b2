# SPDX-License-Identifier: MIT
# XS_ARG_SIM, XS_CHECK_SIM: the simulated GPU and what it is built from.
AC_DEFUN([XS_ARG_SIM], [
	AC_ARG_ENABLE([sim],
		[AS_HELP_STRING([--disable-sim], [do not build kfdsim, the simulated GPU])],
		[], [enable_sim=yes])
])
AC_DEFUN([XS_CHECK_SIM], [
	xs_sim_state=$enable_sim
	AS_IF([test "x$enable_sim" = xyes], [
		PKG_CHECK_MODULES([JANSSON], [jansson >= 2.13], [],
			[AC_MSG_ERROR([jansson not found: install libjansson-dev, or configure with --disable-sim])])
		PKG_CHECK_MODULES([INIH], [inih], [],
			[AC_MSG_ERROR([inih not found: install libinih-dev, or configure with --disable-sim])])
		AC_CHECK_HEADER([linux/userfaultfd.h], [],
			[AC_MSG_ERROR([linux/userfaultfd.h not found: install linux-libc-dev, or configure with --disable-sim])])
	])
	AM_CONDITIONAL([SIM], [test "x$enable_sim" = xyes])
])
