# SPDX-License-Identifier: MIT
# The first six know nothing of the library; those after them give hints through its client library, the last through XSched's interface.
example_sources = %D%/api_coverage.hip %D%/offline.hip %D%/online.hip %D%/priorities.hip %D%/transparent.hip %D%/vector_add.hip \
	%D%/hints.hip %D%/partition.hip %D%/suspend.hip %D%/xsched_style.hip
EXTRA_DIST += $(example_sources) %D%/example.h
examples =
if HAVE_HIP
examples += %D%/api_coverage %D%/offline %D%/online %D%/priorities %D%/transparent %D%/vector_add \
	%D%/hints %D%/partition %D%/suspend %D%/xsched_style
noinst_SCRIPTS += $(examples)
CLEANFILES += $(examples)
TESTS += %D%/examples.sh
check_SCRIPTS += $(examples)
endif
dist_check_SCRIPTS += %D%/examples.sh

.hip:
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -o $@ $<

# In the build tree; a program elsewhere uses pkg-config xsched-hsa-client, or xsched-hsa-compat.
example_libdir = $(abs_top_builddir)/.libs
example_client = -L$(example_libdir) -lxsched_hsa_client -Wl,-rpath,$(example_libdir) -lpthread
%D%/hints: %D%/hints.hip libxsched_hsa_client.la
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -I$(top_srcdir)/include -o $@ $(srcdir)/%D%/hints.hip $(example_client)
%D%/partition: %D%/partition.hip libxsched_hsa_client.la
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -I$(top_srcdir)/include -o $@ $(srcdir)/%D%/partition.hip $(example_client)
%D%/suspend: %D%/suspend.hip libxsched_hsa_client.la
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -I$(top_srcdir)/include -o $@ $(srcdir)/%D%/suspend.hip $(example_client)
%D%/xsched_style: %D%/xsched_style.hip libhalhip.la libpreempt.la
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -I$(top_srcdir)/include/xsched-compat -o $@ $(srcdir)/%D%/xsched_style.hip \
		-L$(example_libdir) -lhalhip -lpreempt -Wl,-rpath,$(example_libdir) -Wl,-rpath-link,$(example_libdir)
