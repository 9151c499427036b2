# SPDX-License-Identifier: MIT
# Level 3. Not in any binary when configured with --disable-cwsr.
if CWSR
noinst_LTLIBRARIES += libcwsr.la
libcwsr_la_SOURCES = \
	%D%/control.c %D%/control.h %D%/cwsr.c %D%/cwsr.h %D%/errors.c %D%/errors.h %D%/got.c %D%/got.h \
	%D%/gpu.c %D%/gpu.h %D%/kfd_ops.c %D%/kfd_ops.h %D%/kfd_queues.c %D%/kfd_queues.h \
	%D%/mechanism.c %D%/mechanism.h %D%/probe.c %D%/probe.h
endif
