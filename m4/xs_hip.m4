# SPDX-License-Identifier: MIT
# XS_CHECK_HIP: how the HIP examples and tests are compiled: for which GPUs (HIP_ARCH), and whether hipcc can.
AC_DEFUN([XS_CHECK_HIP], [
	AC_ARG_VAR([HIP_ARCH], [GPU targets of the HIP programs, separated by commas (default: gfx90a; "native" asks the machine's GPU)])
	AC_ARG_VAR([HIPFLAGS], [options for hipcc (default: -O2)])
	: "${HIPFLAGS=-O2}"
	xs_hip_arch_given=$HIP_ARCH
	: "${HIP_ARCH=gfx90a}"
	AS_CASE([$xs_hip_state], [no*], [], [
		AC_MSG_CHECKING([whether $HIPCC compiles for $HIP_ARCH])
		printf '#include <hip/hip_runtime.h>\n__global__ void kernel(int *p) { *p = 1; }\n' >conftest.hip
		AS_IF([$HIPCC -x hip --offload-arch=$HIP_ARCH $HIPFLAGS -c -o conftest.$ac_objext conftest.hip \
				>&AS_MESSAGE_LOG_FD 2>&1],
			[AC_MSG_RESULT([yes])],
			[AC_MSG_RESULT([no])
			AS_IF([test -n "$xs_hip_arch_given"],
				[AC_MSG_ERROR([HIP_ARCH=$HIP_ARCH: $HIPCC cannot compile for it (see config.log); name targets it has])])
			xs_hip_state="no ($HIPCC cannot compile for $HIP_ARCH, see config.log)"])
		rm -f conftest.hip conftest.$ac_objext
	])
	# See tests/unit/gcn_compile: no compiler to test unoptimised kernels with.
	xs_hip_O0=yes
	AS_CASE([$xs_hip_state], [no*], [], [
		AC_MSG_CHECKING([whether $HIPCC is right without optimisation])
		AS_IF([$HIPCC --version 2>/dev/null | grep -q 'clang version 17\.'], [xs_hip_O0="no (LLVM 17)"])
		AC_MSG_RESULT([$xs_hip_O0])
	])
	AM_CONDITIONAL([HIP_O0], [test "x$xs_hip_O0" = xyes])
	AM_CONDITIONAL([HAVE_HIP], [test "x${xs_hip_state#no}" = "x$xs_hip_state"])
])
