# SPDX-License-Identifier: MIT
# The command processor against stand-ins for the driver and the compute units.
if SIM
if HAVE_CMOCKA
cp_tests = cp_aql cp_errors cp_suspend cp_sdma cp_places cp_cycles cp_share
check_PROGRAMS += $(cp_tests)
TESTS += $(cp_tests)
check_LTLIBRARIES += libcptest.la
libcptest_la_SOURCES = %D%/cp_fake.h %D%/cp_fake.c sim/common/log.c
libcptest_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
libcptest_la_LIBADD = libcp.la $(CMOCKA_LIBS) -lpthread
cp_aql_SOURCES = %D%/cp_aql.c
cp_aql_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cp_aql_LDADD = libcptest.la
cp_errors_SOURCES = %D%/cp_errors.c
cp_errors_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cp_errors_LDADD = libcptest.la
cp_suspend_SOURCES = %D%/cp_suspend.c
cp_suspend_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cp_suspend_LDADD = libcptest.la
cp_sdma_SOURCES = %D%/cp_sdma.c
cp_sdma_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cp_sdma_LDADD = libcptest.la
cp_cycles_SOURCES = %D%/cp_cycles.c
cp_cycles_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cp_cycles_LDADD = libcptest.la
cp_share_SOURCES = %D%/cp_share.c %D%/cp_clock.h %D%/cp_clock.c
cp_share_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cp_share_LDADD = libcptest.la
cp_places_SOURCES = %D%/cp_places.c
cp_places_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cp_places_LDADD = libcptest.la
endif
endif
