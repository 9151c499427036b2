#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual page names every setting that the library reads, and no other.
set -u

table=$(grep -o '{"XSCHED_HSA[A-Z0-9_]*"' "$top_srcdir/src/common/config.c" | tr -d '{"' | sort -u)
page=$(sed -n '/^\.SH ENVIRONMENT/,/^\.SH PROGRAMS/p' "$top_srcdir/man/libxsched_hsa.7" |
	grep -o 'XSCHED_HSA[A-Z0-9_]* *=' | tr -d ' =' | sort -u)
[ -n "$table" ] || { echo "FAILED: no settings found in src/common/config.c"; exit 1; }
[ "$table" = "$page" ] && exit 0
echo "FAILED: settings in src/common/config.c, and in the manual page:"
printf '%s\n' "$table" >settings.table
printf '%s\n' "$page" | diff settings.table -
rm -f settings.table
exit 1
