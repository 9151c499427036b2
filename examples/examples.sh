#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every example as a user would and requires that each finds its own results right.
run="$top_srcdir/tests/int/run-gpu.sh"
status=0
for example in vector_add api_coverage; do
	sh "$run" "$top_builddir/examples/$example" || { s=$?; [ $s = 77 ] && exit 77; echo "$example: exit status $s"; status=1; }
done
exit $status
