# SPDX-License-Identifier: MIT
libkfdsim_parts_la_SOURCES += \
	sim/fault/fault.c sim/fault/fault.h \
	sim/fault/kernel_time.c sim/fault/kernel_time.h \
	sim/fault/later.c sim/fault/later.h \
	sim/fault/parse.c sim/fault/parse.h
