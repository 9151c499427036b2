# SPDX-License-Identifier: MIT
# Before the system's own: distributions ship older ones, or none of <drm/>.
AM_CPPFLAGS += -I$(top_srcdir)/kernel-headers
noinst_HEADERS += %D%/kfd_ioctl.h %D%/drm/drm.h %D%/drm/drm_mode.h %D%/drm/amdgpu_drm.h
EXTRA_DIST += %D%/README.md %D%/refresh
