# SPDX-License-Identifier: MIT
# The simulated driver, its devices and its file tree, against a stand-in for the command processor.
if HAVE_CMOCKA
kfd_tests = tests/unit/kfd_debug tests/unit/kfd_event tests/unit/kfd_fault tests/unit/kfd_gpuvm tests/unit/kfd_ioctl tests/unit/sim_device
check_PROGRAMS += $(kfd_tests)
TESTS += $(kfd_tests)
kfd_test_cppflags = $(AM_CPPFLAGS) -DTEST_DEVICE_DIR='"$(abs_top_srcdir)/sim/devices"'
kfd_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# The stand-in's functions come first, so the archive's own are not taken.
kfd_test_ldadd = libkfdsim_parts.la $(CMOCKA_LIBS)
kfd_test_common = %D%/kfd_cp.c %D%/kfd_cp.h

tests_unit_kfd_debug_SOURCES = %D%/kfd_debug.c $(kfd_test_common)
tests_unit_kfd_debug_CPPFLAGS = $(kfd_test_cppflags)
tests_unit_kfd_debug_CFLAGS = $(kfd_test_cflags)
tests_unit_kfd_debug_LDADD = $(kfd_test_ldadd)

tests_unit_kfd_event_SOURCES = %D%/kfd_event.c $(kfd_test_common)
tests_unit_kfd_event_CPPFLAGS = $(kfd_test_cppflags)
tests_unit_kfd_event_CFLAGS = $(kfd_test_cflags)
tests_unit_kfd_event_LDADD = $(kfd_test_ldadd)

tests_unit_kfd_fault_SOURCES = %D%/kfd_fault.c $(kfd_test_common)
tests_unit_kfd_fault_CPPFLAGS = $(kfd_test_cppflags)
tests_unit_kfd_fault_CFLAGS = $(kfd_test_cflags)
tests_unit_kfd_fault_LDADD = $(kfd_test_ldadd)

tests_unit_kfd_gpuvm_SOURCES = %D%/kfd_gpuvm.c $(kfd_test_common)
tests_unit_kfd_gpuvm_CPPFLAGS = $(kfd_test_cppflags)
tests_unit_kfd_gpuvm_CFLAGS = $(kfd_test_cflags)
tests_unit_kfd_gpuvm_LDADD = $(kfd_test_ldadd)

tests_unit_kfd_ioctl_SOURCES = %D%/kfd_ioctl.c $(kfd_test_common)
tests_unit_kfd_ioctl_CPPFLAGS = $(kfd_test_cppflags)
tests_unit_kfd_ioctl_CFLAGS = $(kfd_test_cflags)
tests_unit_kfd_ioctl_LDADD = $(kfd_test_ldadd)

tests_unit_sim_device_SOURCES = %D%/sim_device.c
tests_unit_sim_device_CPPFLAGS = $(kfd_test_cppflags)
tests_unit_sim_device_CFLAGS = $(kfd_test_cflags)
tests_unit_sim_device_LDADD = $(kfd_test_ldadd)
endif
