# SPDX-License-Identifier: MIT
# Messages and the shared page; the daemon's parts that need no event loop.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/ipc_codec tests/unit/ipc_page
TESTS += tests/unit/ipc_codec tests/unit/ipc_page
tests_unit_ipc_codec_SOURCES = %D%/ipc_codec.c
tests_unit_ipc_codec_CFLAGS = $(unit_cflags)
tests_unit_ipc_codec_LDADD = libipc.la $(CMOCKA_LIBS)
tests_unit_ipc_page_SOURCES = %D%/ipc_page.c
tests_unit_ipc_page_CFLAGS = $(unit_cflags)
tests_unit_ipc_page_LDADD = libipc.la $(CMOCKA_LIBS)
if DAEMON
check_PROGRAMS += tests/unit/daemon_machine tests/unit/daemon_settings
TESTS += tests/unit/daemon_machine tests/unit/daemon_settings
tests_unit_daemon_machine_SOURCES = %D%/daemon_machine.c %D%/daemon_rig.c %D%/daemon_rig.h
tests_unit_daemon_machine_CFLAGS = $(unit_cflags)
tests_unit_daemon_machine_LDADD = libmachine.la $(CMOCKA_LIBS)
tests_unit_daemon_settings_SOURCES = %D%/daemon_settings.c
tests_unit_daemon_settings_CFLAGS = $(unit_cflags)
tests_unit_daemon_settings_LDADD = libmachine.la $(CMOCKA_LIBS)
endif
endif
