# SPDX-License-Identifier: MIT
# HIP programs, one behaviour each. They are right on any GPU; `make check` runs them on the simulated one.
hip_headers = \
	%D%/busy.h \
	%D%/check.h \
	%D%/order.h
hip_sources = \
	%D%/atomics.hip \
	%D%/callbacks.hip \
	%D%/cooperative.hip \
	%D%/copies.hip \
	%D%/device.hip \
	%D%/events.hip \
	%D%/faults.hip \
	%D%/graphs.hip \
	%D%/grids.hip \
	%D%/integers.hip \
	%D%/language.hip \
	%D%/math.hip \
	%D%/matrix.hip \
	%D%/memory.hip \
	%D%/memsets.hip \
	%D%/module.hip \
	%D%/order_contract.hip \
	%D%/output.hip \
	%D%/processes.hip \
	%D%/shared.hip \
	%D%/streams.hip \
	%D%/symbols.hip \
	%D%/threads.hip \
	%D%/waves.hip
# Started by scripts that say how.
hip_scripted_sources = \
	%D%/several_gpus.hip
hip_scripts = \
	%D%/copies_by_shader.sh \
	%D%/two_gpus.sh
hip_survey = \
	%D%/survey_O1.gpu \
	%D%/survey_O2.gpu \
	%D%/survey_O3.gpu
if HIP_O0
hip_survey += %D%/survey_O0.gpu
endif
EXTRA_DIST += $(hip_headers) $(hip_sources) $(hip_scripted_sources) %D%/module_kernels.hip %D%/survey.hip
dist_check_SCRIPTS += $(hip_scripts)

if HAVE_HIP
if HAVE_CMOCKA
hip_tests = $(hip_sources:.hip=.gpu) $(hip_survey)
hip_built = $(hip_tests) $(hip_scripted_sources:.hip=.gpu) %D%/module_kernels.hsaco
check_SCRIPTS += $(hip_built)
CLEANFILES += $(hip_built)
TESTS += $(hip_tests) $(hip_scripts)
$(hip_tests) $(hip_scripted_sources:.hip=.gpu): $(hip_headers)

# The same source at every optimisation level gives the simulated GPU different instructions.
$(hip_survey): %D%/survey.hip
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)level=`echo $@ | $(SED) 's/.*_\(O.\)\.gpu/-\1/'`; \
	$(HIP_COMPILE) $$level $(CMOCKA_CFLAGS) -o $@ $(srcdir)/%D%/survey.hip $(CMOCKA_LIBS)

%D%/module_kernels.hsaco: %D%/module_kernels.hip
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) --genco -o $@ $(srcdir)/%D%/module_kernels.hip
endif
endif
