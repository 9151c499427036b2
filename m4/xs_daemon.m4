# SPDX-License-Identifier: MIT
# XS_ARG_DAEMON, XS_CHECK_DAEMON: xschedd, its libraries, and where its units go.
AC_DEFUN([XS_ARG_DAEMON], [
	AC_ARG_ENABLE([daemon],
		[AS_HELP_STRING([--disable-daemon], [do not build xschedd, which schedules several processes])],
		[], [enable_daemon=yes])
	AS_CASE([$enable_daemon], [yes|no], [],
		[AC_MSG_ERROR([--enable-daemon=$enable_daemon: give yes or no])])
	AC_ARG_WITH([systemdsystemunitdir],
		[AS_HELP_STRING([--with-systemdsystemunitdir=DIR], [install xschedd's systemd units here (default: no; without DIR: systemd's own folder)])],
		[], [with_systemdsystemunitdir=no])
])
AC_DEFUN([XS_CHECK_DAEMON], [
	xs_daemon_state=$enable_daemon
	systemdsystemunitdir=
	AS_IF([test "x$enable_daemon" = xyes], [
		PKG_CHECK_MODULES([SYSTEMD], [libsystemd >= 246], [],
			[AC_MSG_ERROR([libsystemd not found: install libsystemd-dev, or configure with --disable-daemon])])
		PKG_CHECK_MODULES([INIH], [inih], [],
			[AC_MSG_ERROR([inih not found: install libinih-dev, or configure with --disable-daemon])])
		AS_CASE([$with_systemdsystemunitdir],
			[no], [],
			[yes], [
				PKG_CHECK_VAR([systemdsystemunitdir], [systemd], [systemdsystemunitdir], [],
					[AC_MSG_ERROR([--with-systemdsystemunitdir: systemd.pc not found: install it, or name the folder])])
			],
			[/*], [systemdsystemunitdir=$with_systemdsystemunitdir],
			[AC_MSG_ERROR([--with-systemdsystemunitdir=$with_systemdsystemunitdir: give an absolute path])])
	])
	AC_SUBST([systemdsystemunitdir])
	AM_CONDITIONAL([DAEMON], [test "x$enable_daemon" = xyes])
	AM_CONDITIONAL([SYSTEMD_UNITS], [test -n "$systemdsystemunitdir"])
])
