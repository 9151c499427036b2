# SPDX-License-Identifier: MIT
# XS_ARG_CLI, XS_CHECK_CLI: xschedctl, what it is built from, and where bash looks for completions.
AC_DEFUN([XS_ARG_CLI], [
	AC_ARG_ENABLE([cli],
		[AS_HELP_STRING([--disable-cli], [do not build xschedctl])],
		[], [enable_cli=yes])
	AS_CASE([$enable_cli], [yes|no], [], [AC_MSG_ERROR([--enable-cli=$enable_cli: give yes or no])])
	AC_ARG_WITH([bash-completion-dir],
		[AS_HELP_STRING([--with-bash-completion-dir=DIR],
			[where the completion of xschedctl is installed (default: DATADIR/bash-completion/completions)])],
		[], [with_bash_completion_dir=yes])
])
AC_DEFUN([XS_CHECK_CLI], [
	AS_IF([test "x$enable_cli" = xyes], [
		PKG_CHECK_MODULES([JANSSON], [jansson >= 2.13], [],
			[AC_MSG_ERROR([jansson not found: install libjansson-dev, or configure with --disable-cli])])
		PKG_CHECK_MODULES([NCURSESW], [ncursesw], [],
			[AC_MSG_ERROR([ncursesw not found: install libncurses-dev, or configure with --disable-cli])])
	])
	# bash-completion names a folder of its own prefix; this package installs into its own only.
	AS_CASE([$with_bash_completion_dir],
		[yes], [
			PKG_CHECK_VAR([bashcompletiondir], [bash-completion], [completionsdir], [],
				[bashcompletiondir='${datadir}/bash-completion/completions'])
			AS_CASE([$bashcompletiondir], [/usr/share/*],
				[bashcompletiondir='${datadir}'`AS_ECHO(["$bashcompletiondir"]) | $SED 's,^/usr/share,,'`])
		],
		[no], [bashcompletiondir=],
		[/*], [bashcompletiondir=$with_bash_completion_dir],
		[AC_MSG_ERROR([--with-bash-completion-dir=$with_bash_completion_dir: give an absolute path])])
	AC_SUBST([bashcompletiondir])
	xs_cli_state=$enable_cli
	AM_CONDITIONAL([CLI], [test "x$enable_cli" = xyes])
	AM_CONDITIONAL([BASH_COMPLETION], [test "x$enable_cli" = xyes && test -n "$bashcompletiondir"])
])
