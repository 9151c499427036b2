# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
if CLI
cli_tests = tests/unit/cli/doctor tests/unit/cli/launch tests/unit/cli/parse tests/unit/cli/snapshot tests/unit/cli/table \
	tests/unit/cli/trace tests/unit/cli/trace_merge tests/unit/cli/usage
check_PROGRAMS += $(cli_tests)
TESTS += $(cli_tests)
cli_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
cli_ldadd = libcli.la $(CMOCKA_LIBS)

tests_unit_cli_doctor_SOURCES = %D%/doctor.c
tests_unit_cli_doctor_CFLAGS = $(cli_cflags)
tests_unit_cli_doctor_LDADD = $(cli_ldadd)

tests_unit_cli_launch_SOURCES = %D%/launch.c
tests_unit_cli_launch_CFLAGS = $(cli_cflags)
tests_unit_cli_launch_LDADD = $(cli_ldadd)

tests_unit_cli_parse_SOURCES = %D%/parse.c
tests_unit_cli_parse_CFLAGS = $(cli_cflags)
tests_unit_cli_parse_LDADD = $(cli_ldadd)

tests_unit_cli_snapshot_SOURCES = %D%/snapshot.c %D%/sample.c %D%/sample.h
tests_unit_cli_snapshot_CFLAGS = $(cli_cflags)
tests_unit_cli_snapshot_LDADD = $(cli_ldadd)

tests_unit_cli_table_SOURCES = %D%/table.c
tests_unit_cli_table_CFLAGS = $(cli_cflags)
tests_unit_cli_table_LDADD = $(cli_ldadd)

tests_unit_cli_trace_SOURCES = %D%/trace.c %D%/sample.c %D%/sample.h
tests_unit_cli_trace_CFLAGS = $(cli_cflags)
tests_unit_cli_trace_LDADD = $(cli_ldadd) -lpthread

tests_unit_cli_trace_merge_SOURCES = %D%/trace_merge.c
tests_unit_cli_trace_merge_CFLAGS = $(cli_cflags)
tests_unit_cli_trace_merge_LDADD = $(cli_ldadd)

tests_unit_cli_usage_SOURCES = %D%/usage.c %D%/sample.c %D%/sample.h
tests_unit_cli_usage_CFLAGS = $(cli_cflags)
tests_unit_cli_usage_LDADD = $(cli_ldadd)
endif
endif
