# SPDX-License-Identifier: MIT
libkfdsim_parts_la_SOURCES += sim/cp/cp.h
