# SPDX-License-Identifier: MIT
# XSched's interface. Apart from the usual folders, so that a real XSched is not in its way.
compat_includedir = $(includedir)/xsched-compat/xsched
compat_include_HEADERS = include/xsched-compat/xsched/hint.h include/xsched-compat/xsched/types.h \
	include/xsched-compat/xsched/xqueue.h include/xsched-compat/xsched/xsched.h
compat_hip_includedir = $(compat_includedir)/hip
compat_hip_include_HEADERS = include/xsched-compat/xsched/hip/hal.h

compat_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/include/xsched-compat
pkglib_LTLIBRARIES += libpreempt.la libhalhip.la
libpreempt_la_SOURCES = %D%/objects.c %D%/objects.h %D%/preempt.c
libpreempt_la_CPPFLAGS = $(compat_cppflags)
libpreempt_la_LIBADD = libxsched_hsa_client.la -lpthread
libpreempt_la_LDFLAGS = $(AM_LDFLAGS) -avoid-version $(XS_DEFS_LDFLAGS) -Wl,--version-script,$(srcdir)/%D%/preempt.map
EXTRA_libpreempt_la_DEPENDENCIES = %D%/preempt.map
libhalhip_la_SOURCES = %D%/halhip.c %D%/objects.h src/client/loaded.c src/client/loaded.h
libhalhip_la_CPPFLAGS = $(compat_cppflags)
libhalhip_la_LIBADD = libpreempt.la libxsched_hsa_client.la
libhalhip_la_LDFLAGS = $(AM_LDFLAGS) -avoid-version $(XS_DEFS_LDFLAGS)
EXTRA_DIST += %D%/preempt.map %D%/xsched-hsa-compat.pc.in
pkgconfig_DATA += %D%/xsched-hsa-compat.pc
