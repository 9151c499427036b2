#!/bin/sh
# SPDX-License-Identifier: MIT
# Many processes at once: eight that compete under fair, all with right results and the GPU time that they asked for; then 32 that start, run light
# kernels and end.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy fair
eight="1 2 3 4 5 6 7 8"
for i in $eight; do
	start "p$i"
done
for i in $eight; do
	tell "p$i" work 40 500
done
for i in $eight; do
	hears "p$i" "launched 40"
	tell "p$i" wait
done
for i in $eight; do
	hears "p$i" "done 40"
done
until_listed "each had the GPU for its 20 ms" \
	'[.clients[] | [.queues[].gpu_ns] | add] | length == 8 and all(. >= 18000000 and . <= 60000000)'
is_listed "they took turns" '[.clients[].queues[].preempts[]] | add >= 1'
is_listed "nobody's waves were saved" '[.clients[].queues[].preempts[2]] | add == 0'
for i in $eight; do
	tell "p$i" quit
done
for i in $eight; do
	ended "p$i"
done
until_listed "the eight are gone" '.clients == []'

# Those of 32 are not told anything: they run and end.
all=
i=0
while [ $i -lt 32 ]; do
	env XS_TOOL=1 XS_MACHINE="$machine" XS_KFDSIM_OPTIONS="$gpu_options" XSCHED_HSA_SOCKET="$socket" \
		"$top_srcdir/tests/int/run-gpu.sh" "$worker" work:5:10 wait >"$dir/many$i.log" 2>&1 &
	all="$all $!"
	pids="$pids $!"
	i=$((i + 1))
done
i=0
for job in $all; do
	wait "$job" || fail "process $i of 32 ended with $?"
	grep -q '^done 5$' "$dir/many$i.log" || fail "process $i of 32: $(cat "$dir/many$i.log")"
	i=$((i + 1))
done
until_listed "the 32 are gone, and the daemon is there" '.clients == []'
# A process that waits for the daemon for too long, on a busy machine, goes on without and comes again; nobody did anything wrong.
grep 'is disconnected' "$dir/daemon.log" | grep -v 'Broken pipe' && fail "the daemon disconnected somebody"
finish_script
