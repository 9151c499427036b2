# SPDX-License-Identifier: MIT
# XS_ARG_WERROR: the warnings the code is kept free of, and whether one stops the build.
AC_DEFUN([XS_ARG_WERROR], [
	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
		[], [enable_werror=no])
	XS_WARN_CFLAGS="-Wall -Wextra -Wformat=2 -Wvla -Wno-unused-parameter -Wno-missing-field-initializers"
	XS_WARN_CONLY="-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition"
	AS_IF([test "x$enable_werror" = xyes], [XS_WARN_CFLAGS="$XS_WARN_CFLAGS -Werror"])
	xs_werror_state=$enable_werror
	AC_SUBST([XS_WARN_CFLAGS])
	AC_SUBST([XS_WARN_CONLY])
])
