#!/bin/sh
# SPDX-License-Identifier: MIT
# Every way a process ends or forks with packets behind the gate.
skipped=
for mode in return exit shutdown restart fork fork-first; do
	echo "== $mode"
	XS_REPORT_CHECK=
	# Four lives of the runtime, and no queue outlived its own.
	[ $mode = restart ] && XS_REPORT_CHECK='.queues | length == 4 and all(.alive | not)'
	export XS_REPORT_CHECK
	"$top_srcdir/tests/int/tool/gate.sh" "$top_builddir/tests/int/tool/gate_exit" $mode
	status=$?
	case $mode:$status in
	*:0) ;;
	restart:77)
		skipped=$mode
		echo "-- without the library"
		"$top_srcdir/tests/int/run-gpu.sh" "$top_builddir/tests/int/tool/gate_exit" restart-natively
		status=$?
		[ $status = 77 ] || { echo "FAILED: without the library it starts again (status $status)"; exit 1; }
		;;
	*) exit $status ;;
	esac
done
[ -z "$skipped" ] || { echo "skipped: $skipped; the rest passed"; exit 77; }
