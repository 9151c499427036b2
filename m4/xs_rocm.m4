# SPDX-License-Identifier: MIT
# XS_ARG_ROCM, XS_CHECK_ROCM: where the HSA headers and, for tests and examples, the ROCm programs are.
AC_DEFUN([XS_ARG_ROCM], [
	AC_ARG_WITH([rocm],
		[AS_HELP_STRING([--with-rocm=DIR], [ROCm installed below DIR (default: the system's, then /opt/rocm)])],
		[], [with_rocm=check])
])
AC_DEFUN([XS_CHECK_ROCM], [
	ROCM_CPPFLAGS=
	ROCM_LDFLAGS=
	xs_rocm_path=$PATH
	AS_CASE([$with_rocm],
		[no], [AC_MSG_ERROR([--without-rocm: the tool library cannot be built without the HSA headers])],
		[yes|check], [
			xs_rocm_where="the system's"
			AS_IF([test ! -e /usr/include/hsa/hsa.h && test -e /opt/rocm/include/hsa/hsa.h], [with_rocm=/opt/rocm])
		])
	AS_CASE([$with_rocm], [/*], [
		xs_rocm_where=$with_rocm
		ROCM_CPPFLAGS="-isystem $with_rocm/include"
		ROCM_LDFLAGS="-L$with_rocm/lib -Wl,-rpath,$with_rocm/lib"
		xs_rocm_path=$with_rocm/bin:$PATH
	])
	xs_saved_CPPFLAGS=$CPPFLAGS
	CPPFLAGS="$CPPFLAGS $ROCM_CPPFLAGS"
	AC_CHECK_HEADER([hsa/hsa_ext_amd.h], [],
		[AC_MSG_ERROR([hsa/hsa_ext_amd.h not found: install libhsa-runtime-dev, or give --with-rocm=DIR])],
		[[#include <hsa/hsa.h>]])
	CPPFLAGS=$xs_saved_CPPFLAGS

	# The runtime itself is only for tests, examples and benchmarks.
	xs_saved_LIBS=$LIBS
	xs_saved_LDFLAGS=$LDFLAGS
	LDFLAGS="$LDFLAGS $ROCM_LDFLAGS"
	AC_CHECK_LIB([hsa-runtime64], [hsa_init], [HSA_LIBS=-lhsa-runtime64; xs_hsa=yes], [HSA_LIBS=; xs_hsa=no])
	LIBS=$xs_saved_LIBS
	LDFLAGS=$xs_saved_LDFLAGS

	AC_PATH_PROG([HIPCC], [hipcc], [no], [$xs_rocm_path])
	# The clang that hipcc drives also assembles device code; Debian names it by version.
	AC_PATH_PROGS([DEVICE_CLANG], [clang-15 clang-17 clang-21 clang-22 amdclang clang], [no], [$with_rocm/llvm/bin:$PATH])
	xs_hip_state=no
	AS_IF([test "x$HIPCC" != xno && test "x$xs_hsa" = xyes], [xs_hip_state=$HIPCC])
	AC_SUBST([ROCM_CPPFLAGS])
	AC_SUBST([ROCM_LDFLAGS])
	AC_SUBST([HSA_LIBS])
	AM_CONDITIONAL([HAVE_HSA], [test "x$xs_hsa" = xyes])
])
