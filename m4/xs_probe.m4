# SPDX-License-Identifier: MIT
# XS_ARG_DRM: libdrm_amdgpu, by which xsched-hsa-probe names GPUs and shows clocks, load and memory.
# XS_CHECK_PROBE: whether xsched-hsa-probe can be built: with level 3, ROCr and jansson.
AC_DEFUN([XS_ARG_DRM], [
	AC_ARG_WITH([drm],
		[AS_HELP_STRING([--with-drm], [libdrm_amdgpu for xsched-hsa-probe (default: where it is found)])],
		[], [with_drm=check])
	AS_CASE([$with_drm], [yes|no|check], [], [AC_MSG_ERROR([--with-drm=$with_drm: give yes or no])])
])
AC_DEFUN([XS_CHECK_PROBE], [
	xs_probe_state=yes
	AS_IF([test "x$xs_cwsr" != xyes], [xs_probe_state="no (--disable-cwsr)"],
		[test "x$xs_hsa" != xyes], [xs_probe_state="no (libhsa-runtime64 not found)"],
		[test -n "$xs_sanitize"], [xs_probe_state="no (sanitizers)"],
		[PKG_CHECK_MODULES([JANSSON], [jansson >= 2.13], [], [xs_probe_state="no (install libjansson-dev)"])])
	xs_drm_state=no
	AS_IF([test "x$with_drm" != xno && test "x$xs_probe_state" = xyes],
		[PKG_CHECK_MODULES([DRM], [libdrm_amdgpu], [xs_drm_state=yes], [xs_drm_state="no (install libdrm-dev)"])])
	AS_IF([test "x$with_drm" = xyes && test "x$xs_drm_state" != xyes],
		[AC_MSG_ERROR([--with-drm: not possible: program xsched-hsa-probe: $xs_probe_state, libdrm_amdgpu: $xs_drm_state])])
	AS_IF([test "x$xs_drm_state" = xyes], [AC_DEFINE([XS_DRM], [1], [libdrm_amdgpu is there])])
	AM_CONDITIONAL([PROBE], [test "x$xs_probe_state" = xyes])
])
