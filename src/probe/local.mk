# SPDX-License-Identifier: MIT
# xsched-hsa-probe uses the library's own code, and links ROCr, which is what creates queues.
EXTRA_DIST += %D%/running.S
if PROBE
bin_PROGRAMS += xsched-hsa-probe
xsched_hsa_probe_SOURCES = %D%/drm.c %D%/drm.h %D%/gpu.c %D%/gpu.h %D%/main.c %D%/report.c %D%/report.h \
	%D%/running.c %D%/running.h %D%/running.inc
xsched_hsa_probe_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(DRM_CFLAGS)
xsched_hsa_probe_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
xsched_hsa_probe_LDADD = libcwsr.la libcommon.la $(HSA_LIBS) $(JANSSON_LIBS) $(DRM_LIBS) -lpthread
dist_man_MANS += man/xsched-hsa-probe.1
else
EXTRA_DIST += man/xsched-hsa-probe.1
endif
