# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += libcommon.la
libcommon_la_SOURCES = %D%/barrier.h %D%/config.c %D%/config.h %D%/log.c %D%/log.h \
	%D%/drain.h %D%/path.c %D%/path.h %D%/probe.h %D%/prompt.c %D%/prompt.h %D%/span.h
