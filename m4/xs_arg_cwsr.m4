# SPDX-License-Identifier: MIT
# XS_ARG_CWSR: level 3, preemption of running waves through the kernel driver. "auto" builds it where its code is present.
AC_DEFUN([XS_ARG_CWSR], [
	AC_ARG_ENABLE([cwsr],
		[AS_HELP_STRING([--enable-cwsr], [preempt running kernels through KFD (default: auto)])],
		[], [enable_cwsr=auto])
	AS_CASE([$enable_cwsr], [yes|no|auto], [],
		[AC_MSG_ERROR([--enable-cwsr=$enable_cwsr: give yes, no or auto])])
	xs_cwsr=no
	AS_IF([test -e "$srcdir/src/cwsr/local.mk" && test "x$enable_cwsr" != xno], [xs_cwsr=yes])
	AS_IF([test "x$enable_cwsr" = xyes && test "x$xs_cwsr" = xno],
		[AC_MSG_ERROR([--enable-cwsr: this version has no level 3 yet; configure without the option])])
	xs_cwsr_state=$xs_cwsr
	AM_CONDITIONAL([CWSR], [test "x$xs_cwsr" = xyes])
])
