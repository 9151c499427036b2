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
tool_programs = \
	%D%/api.gpu \
	%D%/brakes.gpu \
	%D%/compat.gpu \
	%D%/cooperative.gpu \
	%D%/endless.gpu \
	%D%/held_kernels.gpu \
	%D%/held_order.gpu \
	%D%/trace.gpu \
	%D%/window.gpu
check_SCRIPTS += $(tool_programs)
CLEANFILES += $(tool_programs)
soak_order += && ROUNDS=$(ROUNDS) $(SHELL) $(srcdir)/%D%/order_held.sh
soak_order_programs += %D%/held_order.gpu libxsched_hsa_test.la
%D%/held_order.gpu: tests/int/hip/order.h %D%/test_hooks.h
# Programs that use the client library.
tests/int/tool/api.gpu: %D%/api.hip
tests/int/tool/brakes.gpu: %D%/brakes.hip
tests/int/tool/api.gpu tests/int/tool/brakes.gpu: libxsched_hsa_client.la
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -I$(top_srcdir) $(CMOCKA_CFLAGS) -o $@ $(srcdir)/$(@:.gpu=.hip) $(CMOCKA_LIBS) \
		-L$(abs_top_builddir)/.libs -lxsched_hsa_client -Wl,-rpath,$(abs_top_builddir)/.libs $(ROCM_LDFLAGS) \
		$(HSA_LIBS) -lpthread
tests/int/tool/compat.gpu: %D%/compat.hip libhalhip.la libpreempt.la
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -I$(top_srcdir)/include/xsched-compat $(CMOCKA_CFLAGS) -o $@ $(srcdir)/%D%/compat.hip \
		$(CMOCKA_LIBS) -L$(abs_top_builddir)/.libs -lhalhip -lpreempt -Wl,-rpath,$(abs_top_builddir)/.libs \
		-Wl,-rpath-link,$(abs_top_builddir)/.libs
TESTS += \
	%D%/client.sh \
	%D%/gate_hip.sh \
	%D%/order_held.sh \
	%D%/level2.sh \
	%D%/level3.sh \
	%D%/programs.sh \
	%D%/report.sh \
	%D%/scheduled.sh \
	%D%/tracing.sh \
	%D%/windows.sh \
	%D%/xsched.sh
endif
endif
endif
endif
dist_check_SCRIPTS += \
	%D%/client.sh \
	%D%/gate.sh \
	%D%/gate_exit.sh \
	%D%/gate_hip.sh \
	%D%/gate_hsa.sh \
	%D%/order_held.sh \
	%D%/level2.sh \
	%D%/level3.sh \
	%D%/programs.sh \
	%D%/report.sh \
	%D%/scheduled.sh \
	%D%/tracing.sh \
	%D%/windows.sh \
	%D%/xsched.sh
EXTRA_DIST += \
	%D%/api.hip \
	%D%/brakes.hip \
	%D%/compat.hip \
	%D%/cooperative.hip \
	%D%/endless.hip \
	%D%/held_kernels.hip \
	%D%/held_order.hip \
	%D%/trace.hip \
	%D%/window.hip \
	%D%/test_exports.map
