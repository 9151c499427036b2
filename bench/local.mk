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
endif
endif
bench: $(bench_programs)
