# SPDX-License-Identifier: MIT
# XS_ARG_ROCM, XS_CHECK_ROCM: where the HSA headers and, for tests and examples, the ROCm programs are.
# XS_ARG_HIP: whether HIP programs are wanted at all; m4/xs_hip.m4 finds out whether they can be had.
AC_DEFUN([XS_ARG_ROCM], [
	AC_ARG_WITH([rocm],
		[AS_HELP_STRING([--with-rocm=DIR], [ROCm installed below DIR (default: the system's, then /opt/rocm)])],
		[], [with_rocm=check])
])
AC_DEFUN([XS_ARG_HIP], [
	AC_ARG_WITH([hip],
		[AS_HELP_STRING([--without-hip], [do not compile the HIP examples and tests (default: where hipcc is found)])],
		[], [with_hip=check])
	AS_CASE([$with_hip], [yes|no|check], [],
		[AC_MSG_ERROR([--with-hip=$with_hip: give yes or no; --with-rocm=DIR says where it is])])
])
AC_DEFUN([XS_CHECK_ROCM], [
	ROCM_CPPFLAGS=
	ROCM_LDFLAGS=
	xs_rocm_path=$PATH
	xs_llvm_path=$PATH
	AS_CASE([$with_rocm],
		[no], [AC_MSG_ERROR([--without-rocm: the tool library cannot be built without the HSA headers])],
		[yes|check], [
			xs_rocm_where="the system's"
			AS_IF([test ! -e /usr/include/hsa/hsa.h && test -e /opt/rocm/include/hsa/hsa.h], [with_rocm=/opt/rocm])
		],
		[/*], [AS_IF([test ! -e "$with_rocm/include/hsa/hsa.h"],
			[AC_MSG_ERROR([--with-rocm=$with_rocm: there is no include/hsa/hsa.h below it])])],
		[AC_MSG_ERROR([--with-rocm=$with_rocm: give an absolute path])])
	AS_CASE([$with_rocm], [/*], [
		xs_rocm_where=$with_rocm
		ROCM_CPPFLAGS="-isystem $with_rocm/include"
		ROCM_LDFLAGS="-L$with_rocm/lib -Wl,-rpath,$with_rocm/lib"
		xs_rocm_path=$with_rocm/bin:$PATH
		xs_llvm_path=$with_rocm/llvm/bin:$PATH
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
	# A clang that compiles and links device code, which takes lld of the same version: Debian names those that hipcc
	# brings by version, elsewhere it is ROCm's own.
	AC_PATH_PROGS([DEVICE_CLANG], [amdclang clang-22 clang-21 clang-17 clang-15 clang], [], [$xs_llvm_path])
	AS_CASE([$with_hip:$HIPCC:$xs_hsa],
		[no:*], [xs_hip_state="no (--without-hip)"],
		[*:no:*], [xs_hip_state="no (hipcc not found)"],
		[*:no], [xs_hip_state="no (libhsa-runtime64 not found)"],
		[xs_hip_state=$HIPCC])
	AS_IF([test "x$with_hip" = xyes && test "x$xs_hip_state" != "x$HIPCC"],
		[AC_MSG_ERROR([--with-hip: hipcc and libhsa-runtime64 are needed, and one was not found])])
	AC_SUBST([ROCM_CPPFLAGS])
	AC_SUBST([ROCM_LDFLAGS])
	AC_SUBST([HSA_LIBS])
	AM_CONDITIONAL([HAVE_HSA], [test "x$xs_hsa" = xyes])
])
