# SPDX-License-Identifier: MIT
# XS_ARG_CWSR: level 3, preemption of running waves through the kernel driver. It needs nothing that the rest does not, so
# "auto" builds it.
AC_DEFUN([XS_ARG_CWSR], [
	AC_ARG_ENABLE([cwsr],
		[AS_HELP_STRING([--enable-cwsr], [preempt running kernels through KFD (default: auto)])],
		[], [enable_cwsr=auto])
	AS_CASE([$enable_cwsr], [yes|no|auto], [],
		[AC_MSG_ERROR([--enable-cwsr=$enable_cwsr: give yes, no or auto])])
	xs_cwsr=yes
	AS_IF([test "x$enable_cwsr" = xno], [xs_cwsr=no])
	xs_cwsr_state=$xs_cwsr
	AS_IF([test "x$xs_cwsr" = xyes], [AC_DEFINE([XS_CWSR], [1], [level 3 is built])])
	AM_CONDITIONAL([CWSR], [test "x$xs_cwsr" = xyes])
])
