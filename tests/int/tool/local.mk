# SPDX-License-Identifier: MIT
# Programs that hold and release the gate while ROCr and HIP use it. They need the test build of the tool library: the same objects
# and a few exported functions more.
# The uninstrumented runtime cannot load an instrumented library, so they are not for sanitizer builds.
if HAVE_HSA
if HAVE_CMOCKA
if !SANITIZE
check_LTLIBRARIES += libxsched_hsa_test.la
libxsched_hsa_test_la_SOURCES = %D%/test_hooks.c %D%/test_hooks.h
libxsched_hsa_test_la_LIBADD = libhsa_intercept.la
libxsched_hsa_test_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_top_builddir) \
	-Wl,-z,nodelete -Wl,--version-script,$(srcdir)/%D%/test_exports.map

check_LTLIBRARIES += libtable_peek.la
libtable_peek_la_SOURCES = %D%/table_peek.c %D%/table_peek.h src/hsa_intercept/hsa_slots.c
libtable_peek_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_top_builddir)

check_PROGRAMS += tests/int/tool/gate_exit tests/int/tool/gate_hsa
tests_int_tool_gate_exit_SOURCES = %D%/gate_exit.c %D%/hsa_util.h
tests_int_tool_gate_exit_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
tests_int_tool_gate_exit_LDADD = $(HSA_LIBS)
tests_int_tool_gate_hsa_SOURCES = %D%/gate_hsa.c
tests_int_tool_gate_hsa_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_int_tool_gate_hsa_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
tests_int_tool_gate_hsa_LDADD = $(HSA_LIBS) $(CMOCKA_LIBS) -lpthread

TESTS += %D%/gate_hsa.sh %D%/gate_exit.sh
if HAVE_HIP
check_SCRIPTS += %D%/held_kernels.gpu %D%/trace.gpu %D%/window.gpu
CLEANFILES += %D%/held_kernels.gpu %D%/trace.gpu %D%/window.gpu
TESTS += %D%/gate_hip.sh %D%/programs.sh %D%/report.sh %D%/scheduled.sh %D%/tracing.sh %D%/windows.sh
endif
endif
endif
endif
dist_check_SCRIPTS += %D%/gate.sh %D%/gate_exit.sh %D%/gate_hip.sh %D%/gate_hsa.sh %D%/programs.sh %D%/report.sh \
	%D%/scheduled.sh %D%/tracing.sh %D%/windows.sh
EXTRA_DIST += %D%/held_kernels.hip %D%/trace.hip %D%/window.hip %D%/test_exports.map
