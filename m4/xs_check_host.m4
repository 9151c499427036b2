# SPDX-License-Identifier: MIT
# XS_CHECK_HOST: ROCm exists for 64-bit Linux; memory-order reasoning and the simulator assume x86-64.
AC_DEFUN([XS_CHECK_HOST], [
	AS_CASE([$host],
		[x86_64-*-linux*], [],
		[AC_MSG_ERROR([host $host: this package needs x86_64 Linux])])
])
# XS_CHECK_POINTERS: the compiler's options may ask for a 32-bit program on a 64-bit host.
AC_DEFUN([XS_CHECK_POINTERS], [
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[_Static_assert(sizeof(void *) == 8, "64 bits");]])], [],
		[AC_MSG_ERROR([$CC $CFLAGS makes programs with 32-bit pointers: this package needs 64-bit ones])])
])
