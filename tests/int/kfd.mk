# SPDX-License-Identifier: MIT
# The launcher, the file tree and ROCm's own tools on the simulated machine.
if HAVE_CMOCKA
check_PROGRAMS += tests/int/kfd/files
tests_int_kfd_files_SOURCES = %D%/kfd/files.cpp
tests_int_kfd_files_CXXFLAGS = $(AM_CXXFLAGS) $(CMOCKA_CFLAGS)
tests_int_kfd_files_LDADD = $(CMOCKA_LIBS) -lpthread
kfd_scripts = %D%/kfd/files.sh
else
kfd_scripts =
EXTRA_DIST += %D%/kfd/files.sh
endif
dist_check_SCRIPTS += %D%/kfd/rocminfo.sh %D%/kfd/launcher.sh %D%/kfd/faults.sh %D%/kfd/processes.sh $(kfd_scripts)
TESTS += %D%/kfd/rocminfo.sh %D%/kfd/launcher.sh %D%/kfd/faults.sh %D%/kfd/processes.sh $(kfd_scripts)
if HAVE_HSA
check_PROGRAMS += tests/int/kfd/hold
tests_int_kfd_hold_SOURCES = %D%/kfd/hold.c tests/int/tool/hsa_util.h
tests_int_kfd_hold_LDFLAGS = $(AM_LDFLAGS) $(ROCM_LDFLAGS)
tests_int_kfd_hold_LDADD = $(HSA_LIBS)
TESTS += %D%/kfd/machine.sh
endif
dist_check_SCRIPTS += %D%/kfd/machine.sh
