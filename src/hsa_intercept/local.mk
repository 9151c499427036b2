# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += libhsa_intercept.la
libhsa_intercept_la_SOURCES = \
	%D%/api.c \
	%D%/control.c \
	%D%/control.h \
	%D%/decider.c \
	%D%/decider.h \
	%D%/hooks.h \
	%D%/hooks_index.c \
	%D%/hooks_queue.c \
	%D%/hooks_signal.c \
	%D%/hsa_slots.c \
	%D%/hsa_slots.h \
	%D%/kernel_names.c \
	%D%/kernel_names.h \
	%D%/level3.h \
	%D%/link.c \
	%D%/link.h \
	%D%/local.c \
	%D%/next.h \
	%D%/observe.h \
	%D%/onload.c \
	%D%/own_signals.c \
	%D%/own_signals.h \
	%D%/pacer.c \
	%D%/pacer.h \
	%D%/remote.c \
	%D%/remote.h \
	%D%/report.c \
	%D%/report.h \
	%D%/rounds.c \
	%D%/rounds.h \
	%D%/shared_brake.c \
	%D%/shared_brake.h \
	%D%/squeue.c \
	%D%/squeue.h \
	%D%/squeue_common.c \
	%D%/squeue_common.h \
	%D%/squeue_effect.c \
	%D%/squeue_effect.h \
	%D%/trace.c \
	%D%/trace.h \
	%D%/trace_events.c \
	%D%/trace_events.h \
	%D%/trace_out.c \
	%D%/trace_out.h \
	%D%/vqueue.c \
	%D%/vqueue.h
libhsa_intercept_la_LIBADD = libaql.la libsched.la libipc.la libcommon.la
if CWSR
libhsa_intercept_la_SOURCES += %D%/level3.c
libhsa_intercept_la_LIBADD += libcwsr.la
endif

# The tool library links libc only. It stays mapped once loaded (nodelete): ROCr unloads tools while other threads may
# still be in a hook.
lib_LTLIBRARIES += libxsched_hsa.la
libxsched_hsa_la_SOURCES =
libxsched_hsa_la_LIBADD = libhsa_intercept.la
libxsched_hsa_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-Wl,-z,nodelete -Wl,-z,now $(XS_DEFS_LDFLAGS) -Wl,--version-script,$(srcdir)/%D%/exports.map
EXTRA_libxsched_hsa_la_DEPENDENCIES = %D%/exports.map
EXTRA_DIST += %D%/exports.map %D%/xsched-hsa.pc.in
pkgconfig_DATA += %D%/xsched-hsa.pc
