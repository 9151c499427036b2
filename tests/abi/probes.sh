#!/bin/sh
# SPDX-License-Identifier: MIT
# The library has the USDT probes that doc/tracing.md lists, and no others, if it was configured to have them.
set -u

[ "${USDT:-no}" = yes ] || { echo "skipped: configured without USDT probes"; exit 77; }
command -v readelf >/dev/null || { echo "skipped: readelf is not installed"; exit 77; }
lib=$top_builddir/.libs/libxsched_hsa.so
listed=$(sed -n 's/^| `\([a-z]*\)` | .*arg0.*/\1/p' "$top_srcdir/doc/tracing.md" | sort)
built=$(readelf -n "$lib" | awk '/Provider:/ {ours = $2 == "xsched_hsa"} /Name:/ && ours {print $2}' | sort -u)
[ -n "$listed" ] || { echo "FAILED: doc/tracing.md lists no probe"; exit 1; }
[ "$listed" = "$built" ] || {
	echo "FAILED: doc/tracing.md lists:" $listed
	echo "the library has:" $built
	exit 1
}
echo "ok:" $built
