# SPDX-License-Identifier: MIT
libkfdsim_parts_la_SOURCES += sim/kfd/event.h sim/kfd/gpuvm.h
