# SPDX-License-Identifier: MIT
# A library of its own, so that its tests can link it with fakes of the driver and of the compute units.
noinst_LTLIBRARIES += libcp.la
libcp_la_SOURCES = src/common/prompt.c src/common/prompt.h \
	%D%/cp.h %D%/clock.h \
	%D%/aql.h %D%/aql.c \
	%D%/cwsr.h %D%/cwsr.c \
	%D%/declared.h %D%/declared.c \
	%D%/dispatch.h %D%/dispatch.c \
	%D%/doorbell.h %D%/doorbell.c \
	%D%/engine.h %D%/engine.c \
	%D%/groups.h %D%/groups.c \
	%D%/kernel_name.h %D%/kernel_name.c \
	%D%/pm4.h %D%/pm4.c \
	%D%/queue.c \
	%D%/sdma.h %D%/sdma.c \
	%D%/signal.h %D%/signal.c \
	%D%/slots.h %D%/slots.c
libcp_la_CFLAGS = $(AM_CFLAGS) -O2
libcp_la_LIBADD = -lm
libkfdsim_parts_la_LIBADD += libcp.la
