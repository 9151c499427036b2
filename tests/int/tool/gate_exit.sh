#!/bin/sh
# SPDX-License-Identifier: MIT
# Every way a process ends or forks with packets behind the gate.
for mode in return exit shutdown fork fork-first; do
	echo "== $mode"
	"$top_srcdir/tests/int/tool/gate.sh" "$top_builddir/tests/int/tool/gate_exit" $mode || exit
done
