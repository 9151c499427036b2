# SPDX-License-Identifier: MIT
# The scheduler core and its policies on a virtual clock.
if HAVE_CMOCKA
policy_tests = tests/policy/test_core tests/policy/test_policies tests/policy/test_properties \
	tests/policy/test_spans tests/policy/test_waits
check_PROGRAMS += $(policy_tests)
TESTS += $(policy_tests)
policy_sources = tests/policy/exec.c tests/policy/exec.h
policy_libs = libsched.la $(CMOCKA_LIBS)

tests_policy_test_core_SOURCES = tests/policy/test_core.c $(policy_sources)
tests_policy_test_core_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_policy_test_core_LDADD = $(policy_libs)
tests_policy_test_policies_SOURCES = tests/policy/test_policies.c $(policy_sources)
tests_policy_test_policies_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_policy_test_policies_LDADD = $(policy_libs)
tests_policy_test_properties_SOURCES = tests/policy/test_properties.c $(policy_sources)
tests_policy_test_properties_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_policy_test_properties_LDADD = $(policy_libs)
tests_policy_test_spans_SOURCES = tests/policy/test_spans.c $(policy_sources)
tests_policy_test_spans_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_policy_test_spans_LDADD = $(policy_libs)
tests_policy_test_waits_SOURCES = tests/policy/test_waits.c $(policy_sources)
tests_policy_test_waits_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_policy_test_waits_LDADD = $(policy_libs)
endif
