# SPDX-License-Identifier: MIT
noinst_HEADERS += %D%/kfd_ioctl.h
EXTRA_DIST += %D%/README.md %D%/refresh
