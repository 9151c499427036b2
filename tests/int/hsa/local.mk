# SPDX-License-Identifier: MIT
# Programs on the HSA API alone.
if HAVE_HSA
if HAVE_CMOCKA
hsa_programs = %D%/hsa_copies.gpu %D%/hsa_queues.gpu
if HAVE_HIP
hsa_programs += %D%/hsa_suspend.gpu
check_SCRIPTS += %D%/suspend_kernels.hsaco
CLEANFILES += %D%/suspend_kernels.hsaco
# The plain code object, as the HSA loader takes it.
%D%/suspend_kernels.hsaco: %D%/suspend_kernels.hip
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) --offload-device-only --no-gpu-bundle-output -c -O2 -o $@ \
		$(srcdir)/%D%/suspend_kernels.hip
endif
check_PROGRAMS += $(hsa_programs)
if GPU_TESTS
TESTS += $(hsa_programs)
endif
%C%_hsa_copies_gpu_SOURCES = %D%/hsa_copies.c %D%/hsa_common.h
%C%_hsa_copies_gpu_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_hsa_copies_gpu_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
%C%_hsa_copies_gpu_LDADD = $(HSA_LIBS) $(CMOCKA_LIBS)
%C%_hsa_queues_gpu_SOURCES = %D%/hsa_queues.c
%C%_hsa_queues_gpu_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_hsa_queues_gpu_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
%C%_hsa_queues_gpu_LDADD = $(HSA_LIBS) $(CMOCKA_LIBS) -lpthread
%C%_hsa_suspend_gpu_SOURCES = %D%/hsa_suspend.c
%C%_hsa_suspend_gpu_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_hsa_suspend_gpu_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
%C%_hsa_suspend_gpu_LDADD = $(HSA_LIBS) $(CMOCKA_LIBS)
endif
endif
EXTRA_DIST += %D%/suspend_kernels.hip
