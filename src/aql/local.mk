# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += libaql.la
libaql_la_SOURCES = %D%/arrival.c %D%/arrival.h %D%/brake.c %D%/brake.h %D%/depend.c %D%/depend.h %D%/gate.c %D%/gate.h \
	%D%/gate_mode.c %D%/gate_own.h %D%/gate_pace.c %D%/packet.h %D%/ring.h %D%/section.c %D%/section.h \
	%D%/times.c %D%/times.h %D%/track.c %D%/track.h %D%/trail.c %D%/trail.h
