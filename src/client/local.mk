# SPDX-License-Identifier: MIT
include_HEADERS = include/xsched_hsa.h
noinst_LTLIBRARIES += libclient.la
libclient_la_SOURCES = \
	%D%/client.c %D%/loaded.c %D%/loaded.h %D%/stream.c %D%/tool.h src/common/api_table.h
libclient_la_LIBADD = -lpthread

# Programs link this, whether or not the tool library is there. It links libc only.
lib_LTLIBRARIES += libxsched_hsa_client.la
libxsched_hsa_client_la_SOURCES =
libxsched_hsa_client_la_LIBADD = libclient.la
libxsched_hsa_client_la_LDFLAGS = $(AM_LDFLAGS) -version-info 1:0:0 $(XS_DEFS_LDFLAGS) \
	-Wl,--version-script,$(srcdir)/%D%/exports.map
EXTRA_libxsched_hsa_client_la_DEPENDENCIES = %D%/exports.map
EXTRA_DIST += %D%/exports.map %D%/xsched-hsa-client.pc.in
pkgconfig_DATA += %D%/xsched-hsa-client.pc
