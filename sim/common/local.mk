# SPDX-License-Identifier: MIT
# One convenience library for all of the simulator's parts; each folder's fragment adds its files.
noinst_LTLIBRARIES += libkfdsim_parts.la
libkfdsim_parts_la_SOURCES = \
	sim/common/futex.h \
	sim/common/log.c sim/common/log.h \
	sim/common/stats.c sim/common/stats.h \
	sim/common/sys.h
libkfdsim_parts_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(INIH_CFLAGS)
libkfdsim_parts_la_LIBADD = $(JANSSON_LIBS) $(INIH_LIBS) -lm -lpthread
