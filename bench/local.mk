# SPDX-License-Identifier: MIT
# Built by `make bench`, run by hand: benchmarks measure, tests decide.
bench_programs = all
if SIM
EXTRA_PROGRAMS += bench/gcn
CLEANFILES += bench/gcn
bench_gcn_SOURCES = %D%/gcn.c
bench_gcn_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
bench_gcn_LDADD = libgcn.la $(JANSSON_LIBS)
bench_programs += bench/gcn
endif
if HAVE_HSA
if SIM
EXTRA_PROGRAMS += bench/submit
CLEANFILES += bench/submit
bench_submit_SOURCES = %D%/submit.c
bench_submit_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) \
	-DXS_TOOL_PATH='"$(abs_top_builddir)/.libs/libxsched_hsa.so"' \
	-DXS_PEEK_PATH='"$(abs_top_builddir)/.libs/libtable_peek.so"'
bench_submit_LDFLAGS = $(AM_LDFLAGS) -export-dynamic $(ROCM_LDFLAGS)
bench_submit_LDADD = $(HSA_LIBS) $(JANSSON_LIBS)

bench_programs += bench/submit libtable_peek.la

EXTRA_PROGRAMS += bench/doorbell
CLEANFILES += bench/doorbell
bench_doorbell_SOURCES = %D%/doorbell.c
bench_doorbell_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) \
	-DXS_KERNELS_PATH='"$(abs_top_builddir)/bench/doorbell_kernels.hsaco"'
bench_doorbell_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
bench_doorbell_LDADD = $(HSA_LIBS) $(JANSSON_LIBS)
bench_programs += bench/doorbell
if HAVE_HIP
bench_programs += bench/doorbell_kernels.hsaco
CLEANFILES += bench/doorbell_kernels.hsaco
# The plain code object, as the HSA loader takes it.
bench/doorbell_kernels.hsaco: %D%/doorbell_kernels.hip
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) --offload-device-only --no-gpu-bundle-output -c -O2 -o $@ \
		$(srcdir)/%D%/doorbell_kernels.hip

# The benchmarks of scheduling share a rig; the kernel is compiled as above.
bench_rig_sources = %D%/rig.c %D%/rig.h tests/int/tool/hsa_util.h
bench_rig_cppflags = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) \
	-DRIG_TOOL_PATH='"$(abs_top_builddir)/.libs/libxsched_hsa.so"' \
	-DRIG_KERNELS_PATH='"$(abs_top_builddir)/bench/rig_kernels.hsaco"'
bench_rig_libs = $(HSA_LIBS) $(JANSSON_LIBS) -lpthread
bench_rig_programs = bench/latency bench/levels bench/overhead bench/shares bench/window
EXTRA_PROGRAMS += $(bench_rig_programs)
CLEANFILES += $(bench_rig_programs) bench/rig_kernels.hsaco
bench_programs += $(bench_rig_programs) bench/rig_kernels.hsaco
bench/rig_kernels.hsaco: %D%/rig_kernels.hip
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) --offload-device-only --no-gpu-bundle-output -c -O2 -o $@ \
		$(srcdir)/%D%/rig_kernels.hip
bench_latency_SOURCES = %D%/latency.c $(bench_rig_sources)
bench_latency_CPPFLAGS = $(bench_rig_cppflags)
bench_latency_LDFLAGS = $(AM_LDFLAGS) -export-dynamic $(ROCM_LDFLAGS)
bench_latency_LDADD = $(bench_rig_libs)
bench_levels_SOURCES = %D%/levels.c $(bench_rig_sources)
bench_levels_CPPFLAGS = $(bench_rig_cppflags)
bench_levels_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
bench_levels_LDADD = $(bench_rig_libs)
bench_overhead_SOURCES = %D%/overhead.c %D%/replay.c %D%/replay.h $(bench_rig_sources)
bench_overhead_CPPFLAGS = $(bench_rig_cppflags)
bench_overhead_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
bench_overhead_LDADD = $(bench_rig_libs) -lm
bench_shares_SOURCES = %D%/shares.c $(bench_rig_sources)
bench_shares_CPPFLAGS = $(bench_rig_cppflags)
bench_shares_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
bench_shares_LDADD = libxsched_hsa_client.la $(bench_rig_libs) -lm
bench_window_SOURCES = %D%/window.c %D%/replay.c %D%/replay.h $(bench_rig_sources)
bench_window_CPPFLAGS = $(bench_rig_cppflags)
bench_window_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
bench_window_LDADD = $(bench_rig_libs) -lm
bench_programs += bench/elapsed
CLEANFILES += bench/elapsed
bench/elapsed: %D%/elapsed.hip tests/int/hip/busy.h
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -I$(srcdir) $(JANSSON_CFLAGS) -o $@ $(srcdir)/%D%/elapsed.hip $(JANSSON_LIBS)
endif
endif
endif
EXTRA_DIST += %D%/doorbell_kernels.hip %D%/elapsed.hip %D%/multi.sh %D%/rig_kernels.hip %D%/small.ini
if DAEMON
EXTRA_PROGRAMS += bench/decision
CLEANFILES += bench/decision
bench_decision_SOURCES = %D%/decision.c tests/int/daemon/fake.c tests/int/daemon/fake.h
bench_decision_LDADD = libipc.la
bench_programs += bench/decision
endif
bench: $(bench_programs)
