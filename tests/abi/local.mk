# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/exports.sh
TESTS += %D%/exports.sh
check_PROGRAMS += tests/abi/api_table
TESTS += tests/abi/api_table
tests_abi_api_table_SOURCES = %D%/api_table.cc
tests_abi_api_table_LDADD = libhsa_intercept.la
