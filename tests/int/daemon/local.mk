# SPDX-License-Identifier: MIT
# The real xschedd and clients that need no GPU.
if DAEMON
if HAVE_CMOCKA
daemon_tests = tests/int/daemon/clients tests/int/daemon/life tests/int/daemon/namespaces
check_PROGRAMS += $(daemon_tests)
TESTS += $(daemon_tests)
daemon_fake = %D%/fake.c %D%/fake.h
tests_int_daemon_clients_SOURCES = %D%/clients.c $(daemon_fake)
tests_int_daemon_clients_CFLAGS = $(unit_cflags)
tests_int_daemon_clients_LDADD = libipc.la $(CMOCKA_LIBS)
tests_int_daemon_life_SOURCES = %D%/life.c $(daemon_fake)
tests_int_daemon_life_CFLAGS = $(unit_cflags)
tests_int_daemon_life_LDADD = libipc.la $(CMOCKA_LIBS) -lpthread
tests_int_daemon_namespaces_SOURCES = %D%/namespaces.c $(daemon_fake)
tests_int_daemon_namespaces_LDADD = libipc.la
endif
endif
