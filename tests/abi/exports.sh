#!/bin/sh
# SPDX-License-Identifier: MIT
# The tool library lives in other people's processes: it exports four symbols, needs nothing but libc, and stays mapped.
set -u

[ -z "$SANITIZE" ] || { echo "SKIP: a sanitizer adds its own symbols"; exit 77; }
lib=$top_builddir/.libs/libxsched_hsa.so
failed=0
expect() {
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		echo "FAILED: $1: expected '$2', got '$3'"
		failed=1
	fi
}

expect "exported symbols" "HSA_AMD_TOOL_PRIORITY OnLoad OnUnload xsched_hsa_api_v1" \
	"$(nm -D --defined-only "$lib" | awk '{print $3}' | sort | tr '\n' ' ' | sed 's/ $//')"
expect "libraries needed" "libc.so.6" \
	"$(readelf -d "$lib" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | tr '\n' ' ' | sed 's/ $//')"
expect "unloading is refused" "NODELETE" "$(readelf -d "$lib" | grep -o NODELETE | head -n 1)"
expect "functions that end the process or write to its standard output" "" \
	"$(nm -D --undefined-only "$lib" | awk '{print $2}' | sed 's/@.*//' |
		grep -xE 'exit|_exit|_Exit|quick_exit|abort|__assert_fail|printf|puts|putchar|vprintf|stdout|signal|sigaction' |
		tr '\n' ' ')"
exit $failed
