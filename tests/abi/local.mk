# SPDX-License-Identifier: MIT
# A sanitizer adds its own symbols to the library, so its exports are checked only without.
dist_check_SCRIPTS += %D%/cwsr.sh %D%/exports.sh %D%/probes.sh %D%/settings.sh
TESTS += %D%/probes.sh %D%/settings.sh
if !SANITIZE
TESTS += %D%/cwsr.sh %D%/exports.sh
endif
check_PROGRAMS += tests/abi/api_table
TESTS += tests/abi/api_table
tests_abi_api_table_SOURCES = %D%/api_table.cc
tests_abi_api_table_LDADD = libhsa_intercept.la
