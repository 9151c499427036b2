# SPDX-License-Identifier: MIT
# Level 3 under ROCr, without the tool library: programs link libcwsr.la.
if HAVE_HSA
if HAVE_CMOCKA
if HAVE_HIP
if CWSR
if !SANITIZE
check_SCRIPTS += %D%/lv3_kernels.hsaco
CLEANFILES += %D%/lv3_kernels.hsaco
%D%/lv3_kernels.hsaco: %D%/lv3_kernels.hip
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) --offload-device-only --no-gpu-bundle-output -c -O2 -o $@ \
		$(srcdir)/%D%/lv3_kernels.hip

check_PROGRAMS += tests/int/cwsr/lv3
tests_int_cwsr_lv3_SOURCES = %D%/lv3.c %D%/lv3.h
tests_int_cwsr_lv3_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_int_cwsr_lv3_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
tests_int_cwsr_lv3_LDADD = libcwsr.la libcommon.la $(HSA_LIBS) $(CMOCKA_LIBS) -lpthread
check_PROGRAMS += tests/int/cwsr/lv3_process
tests_int_cwsr_lv3_process_SOURCES = %D%/lv3_process.c %D%/lv3.h
tests_int_cwsr_lv3_process_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_int_cwsr_lv3_process_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
tests_int_cwsr_lv3_process_LDADD = libcwsr.la libcommon.la $(HSA_LIBS) $(CMOCKA_LIBS) -lpthread

check_PROGRAMS += tests/int/cwsr/preemptions
tests_int_cwsr_preemptions_SOURCES = %D%/preemptions.c %D%/lv3.h
tests_int_cwsr_preemptions_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_int_cwsr_preemptions_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
tests_int_cwsr_preemptions_LDADD = libcwsr.la libcommon.la $(HSA_LIBS) $(CMOCKA_LIBS) -lpthread

# Not in "make check": it takes as long as it is told to.
EXTRA_PROGRAMS += tests/int/cwsr/soak
tests_int_cwsr_soak_SOURCES = %D%/soak.c %D%/lv3.h
tests_int_cwsr_soak_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_int_cwsr_soak_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
tests_int_cwsr_soak_LDADD = libcwsr.la libcommon.la $(HSA_LIBS) $(CMOCKA_LIBS) -lpthread
SOAK_SECONDS = 600
soak: tests/int/cwsr/soak$(EXEEXT) %D%/lv3_kernels.hsaco all
	@$(AM_TESTS_ENVIRONMENT) SOAK_SECONDS='$(SOAK_SECONDS)' $(SHELL) $(srcdir)/%D%/soak.sh
TESTS += %D%/faults.sh %D%/lv3.sh %D%/preemptions.sh %D%/processes.sh
endif
endif
endif
endif
endif
if CWSR
if PROBE
if GPU_TESTS
TESTS += %D%/probe.sh
endif
endif
endif
dist_check_SCRIPTS += %D%/faults.sh %D%/lv3.sh %D%/preemptions.sh %D%/probe.sh %D%/processes.sh %D%/soak.sh
EXTRA_DIST += %D%/lv3_kernels.hip
