# SPDX-License-Identifier: MIT
libkfdsim_parts_la_SOURCES += sim/drm/drm.c sim/drm/drm.h
