# SPDX-License-Identifier: MIT
# Messages and the shared page: libc only, because a part of it goes into the tool library.
noinst_LTLIBRARIES += libipc.la
libipc_la_SOURCES = %D%/codec.c %D%/codec.h %D%/connect.c %D%/message.h %D%/page.h %D%/page_map.c %D%/page_map.h
