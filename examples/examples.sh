#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every example as a user would and requires that each finds its own results right: natively, and those that show something
# there under the library too.
run="$top_srcdir/tests/int/run-gpu.sh"
status=0

# example WHAT SETTING... PROGRAM [ARGUMENT...]
example() {
	echo "== $1"
	shift
	env "$@" || {
		s=$?
		[ $s = 77 ] && exit 77
		echo "FAILED: $*: exit status $s"
		status=1
	}
}
bin=$top_builddir/examples

for plain in vector_add api_coverage transparent priorities; do
	example "$plain" "$run" "$bin/$plain"
done
for aware in hints partition suspend xsched_style; do
	example "$aware, not scheduled" "$run" "$bin/$aware"
done
[ -z "$SANITIZE" ] || { echo "the rest is left out: the uninstrumented runtime cannot load an instrumented library"; exit $status; }
for plain in vector_add transparent priorities; do
	example "$plain under hpf" XS_TOOL=1 XSCHED_HSA_POLICY=hpf "$run" "$bin/$plain"
done
example "hints" XS_TOOL=1 "$run" "$bin/hints"
example "partition 75/25" XS_TOOL=1 "$run" "$bin/partition" 75 25
example "partition 90/10" XS_TOOL=1 "$run" "$bin/partition" 90 10
example "suspend" XS_TOOL=1 "$run" "$bin/suspend"
example "xsched_style" XS_TOOL=1 "$run" "$bin/xsched_style"
exit $status
