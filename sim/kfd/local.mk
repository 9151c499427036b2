# SPDX-License-Identifier: MIT
libkfdsim_parts_la_SOURCES += \
	sim/kfd/clock.c \
	sim/kfd/debug.c sim/kfd/debug.h \
	sim/kfd/debug_queues.c \
	sim/kfd/devfile.c sim/kfd/devfile.h \
	sim/kfd/event.c sim/kfd/event.h \
	sim/kfd/exception.c sim/kfd/exception.h \
	sim/kfd/gpuvm.c sim/kfd/gpuvm.h \
	sim/kfd/ioctl.c sim/kfd/kfd.h \
	sim/kfd/memory.c \
	sim/kfd/misc.c \
	sim/kfd/process.h \
	sim/kfd/queue.c \
	sim/kfd/save_area.c \
	sim/kfd/usercopy.c sim/kfd/usercopy.h
