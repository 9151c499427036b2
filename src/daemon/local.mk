# SPDX-License-Identifier: MIT
if DAEMON
# The machine knows no event loop, so that tests drive it with a clock of their own.
noinst_LTLIBRARIES += libmachine.la libdaemon.la
libmachine_la_SOURCES = %D%/absent.c %D%/check.c %D%/client.c %D%/control.c %D%/decide.c %D%/dlog.c %D%/dlog.h %D%/list.c \
	%D%/look.c %D%/machine.c %D%/machine.h %D%/metrics.c %D%/queue.c %D%/registry.c %D%/settings.c %D%/settings.h %D%/state.h %D%/text.c %D%/text.h
libmachine_la_CPPFLAGS = $(AM_CPPFLAGS) $(INIH_CFLAGS)
libmachine_la_LIBADD = libipc.la libsched.la $(INIH_LIBS)
libdaemon_la_SOURCES = %D%/connection.c %D%/connection.h %D%/dispose.c %D%/dispose.h %D%/listen.c %D%/listen.h \
	%D%/metrics_file.c %D%/metrics_file.h %D%/options.c %D%/options.h %D%/server.c %D%/server.h
libdaemon_la_CPPFLAGS = $(AM_CPPFLAGS) $(SYSTEMD_CFLAGS)
libdaemon_la_LIBADD = libmachine.la libcommon.la $(SYSTEMD_LIBS) -lpthread

bin_PROGRAMS += xschedd
xschedd_SOURCES = %D%/main.c
xschedd_LDADD = libdaemon.la
endif
EXTRA_DIST += systemd/xschedd.service.in systemd/xschedd.socket doc/daemon.md
if DAEMON
dist_man_MANS += man/xschedd.8 man/xschedd.conf.5
if SYSTEMD_UNITS
systemdsystemunit_DATA = systemd/xschedd.service systemd/xschedd.socket
endif
CLEANFILES += systemd/xschedd.service
systemd/xschedd.service: systemd/xschedd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(SED) 's|[@]bindir[@]|$(bindir)|g' $(srcdir)/systemd/xschedd.service.in >$@.tmp && mv $@.tmp $@
else
EXTRA_DIST += man/xschedd.8 man/xschedd.conf.5
endif
