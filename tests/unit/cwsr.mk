# SPDX-License-Identifier: MIT
# Level 3 against a stand-in for the driver.
if HAVE_CMOCKA
if CWSR
cwsr_tests = tests/unit/cwsr_debug tests/unit/cwsr_errors tests/unit/cwsr_got tests/unit/cwsr_probe \
	tests/unit/cwsr_rounds tests/unit/cwsr_runtime tests/unit/cwsr_thread
check_PROGRAMS += $(cwsr_tests)
TESTS += $(cwsr_tests)
cwsr_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cwsr_test_ldadd = libcwsr.la libcommon.la $(CMOCKA_LIBS) -lpthread
cwsr_test_common = %D%/cwsr_fake.c %D%/cwsr_fake.h

tests_unit_cwsr_debug_SOURCES = %D%/cwsr_debug.c $(cwsr_test_common)
tests_unit_cwsr_debug_CFLAGS = $(cwsr_test_cflags)
tests_unit_cwsr_debug_LDADD = $(cwsr_test_ldadd)

tests_unit_cwsr_errors_SOURCES = %D%/cwsr_errors.c $(cwsr_test_common)
tests_unit_cwsr_errors_CFLAGS = $(cwsr_test_cflags)
tests_unit_cwsr_errors_LDADD = $(cwsr_test_ldadd)

tests_unit_cwsr_got_SOURCES = %D%/cwsr_got.c
tests_unit_cwsr_got_CFLAGS = $(cwsr_test_cflags)
tests_unit_cwsr_got_CPPFLAGS = $(AM_CPPFLAGS) -DGOT_OBJECTS='"$(abs_top_builddir)/tests/unit/objects/.libs"'
tests_unit_cwsr_got_LDADD = $(cwsr_test_ldadd)

# Named as the objects that are patched, in a folder where nothing else finds them.
check_LTLIBRARIES += tests/unit/objects/libhsakmt.la tests/unit/objects/libhsa-runtime64.la
got_object_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_top_builddir)
tests_unit_objects_libhsakmt_la_SOURCES = %D%/got_object.c
tests_unit_objects_libhsakmt_la_LDFLAGS = $(got_object_ldflags) -Wl,-z,relro -Wl,-z,now
tests_unit_objects_libhsa_runtime64_la_SOURCES = %D%/got_object.c
tests_unit_objects_libhsa_runtime64_la_LDFLAGS = $(got_object_ldflags) -Wl,-z,lazy

tests_unit_cwsr_probe_SOURCES = %D%/cwsr_probe.c $(cwsr_test_common)
tests_unit_cwsr_probe_CFLAGS = $(cwsr_test_cflags)
tests_unit_cwsr_probe_LDADD = $(cwsr_test_ldadd)

tests_unit_cwsr_rounds_SOURCES = %D%/cwsr_rounds.c $(cwsr_test_common)
tests_unit_cwsr_rounds_CFLAGS = $(cwsr_test_cflags)
tests_unit_cwsr_rounds_LDADD = $(cwsr_test_ldadd)

tests_unit_cwsr_runtime_SOURCES = %D%/cwsr_runtime.c $(cwsr_test_common)
tests_unit_cwsr_runtime_CFLAGS = $(cwsr_test_cflags)
tests_unit_cwsr_runtime_LDADD = $(cwsr_test_ldadd)

tests_unit_cwsr_thread_SOURCES = %D%/cwsr_thread.c $(cwsr_test_common)
tests_unit_cwsr_thread_CFLAGS = $(cwsr_test_cflags)
tests_unit_cwsr_thread_LDADD = $(cwsr_test_ldadd)
endif
endif
