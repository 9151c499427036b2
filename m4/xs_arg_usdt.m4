# SPDX-License-Identifier: MIT
# XS_ARG_USDT: USDT probes, for which systemtap's <sys/sdt.h> is enough. "auto" has them where the header is.
AC_DEFUN([XS_ARG_USDT], [
	AC_ARG_ENABLE([usdt],
		[AS_HELP_STRING([--enable-usdt], [USDT probes for bpftrace, perf and gdb (default: auto)])],
		[], [enable_usdt=auto])
	AS_CASE([$enable_usdt], [yes|no|auto], [],
		[AC_MSG_ERROR([--enable-usdt=$enable_usdt: give yes, no or auto])])
	xs_usdt_state=no
	AS_IF([test "x$enable_usdt" != xno],
		[AC_CHECK_HEADER([sys/sdt.h], [xs_usdt_state=yes], [xs_usdt_state="no (install systemtap-sdt-dev)"])])
	AS_IF([test "x$enable_usdt" = xyes && test "x$xs_usdt_state" != xyes],
		[AC_MSG_ERROR([--enable-usdt: <sys/sdt.h> was not found; install systemtap-sdt-dev])])
	AM_CONDITIONAL([USDT], [test "x$xs_usdt_state" = xyes])
])
