# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += libaql.la
libaql_la_SOURCES = %D%/gate.c %D%/gate.h %D%/packet.h %D%/ring.h %D%/section.c %D%/section.h
