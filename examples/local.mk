# SPDX-License-Identifier: MIT
# Plain programs: none of them knows of the library.
example_sources = %D%/api_coverage.hip %D%/offline.hip %D%/online.hip %D%/vector_add.hip
EXTRA_DIST += $(example_sources)
examples =
if HAVE_HIP
examples += %D%/api_coverage %D%/offline %D%/online %D%/vector_add
noinst_SCRIPTS += $(examples)
CLEANFILES += $(examples)
TESTS += %D%/examples.sh
check_SCRIPTS += $(examples)
endif
dist_check_SCRIPTS += %D%/examples.sh

.hip:
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) -o $@ $<
