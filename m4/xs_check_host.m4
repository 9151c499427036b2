# SPDX-License-Identifier: MIT
# XS_CHECK_HOST: ROCm exists for 64-bit Linux; memory-order reasoning and the simulator assume x86-64.
AC_DEFUN([XS_CHECK_HOST], [
	AS_CASE([$host],
		[x86_64-*-linux*], [],
		[AC_MSG_ERROR([host $host: this package needs x86_64 Linux])])
])
