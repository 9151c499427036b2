#!/bin/sh
# SPDX-License-Identifier: MIT
# The queues of one process, as another process of the same machine sees them in sysfs.
set -u

kfdsim=$top_builddir/kfdsim
program=$top_builddir/examples/vector_add
[ -x "$kfdsim" ] || { echo "skipped: kfdsim is not built"; exit 77; }
[ -x "$program" ] || { echo "skipped: examples/vector_add is not built"; exit 77; }
machine=processes-$$
failures=0

look() { timeout 20 "$kfdsim" --machine "$machine" bash -c "$1" 2>/dev/null; }
fail()
{
	echo "$1"
	failures=$((failures + 1))
}

# Its kernel hangs, so that its queues stay.
"$kfdsim" --machine "$machine" --fault packet:hang "$program" >/dev/null 2>&1 &
pid=$!
trap 'kill -9 $pid 2>/dev/null' EXIT
dir=/sys/class/kfd/kfd/proc/$pid
tries=0
until [ -n "$(look "cat $dir/queues/1/type")" ]; do
	tries=$((tries + 1))
	[ $tries -lt 40 ] || { echo "no queue of process $pid is seen: $(look 'ls /sys/class/kfd/kfd/proc')"; exit 1; }
	sleep 0.5
done
[ "$(look "cat $dir/queues/1/type")" = 0 ] || fail "queue 1 is not a compute queue"
size=$(look "cat $dir/queues/1/size")
[ "${size:-0}" -ge 4096 ] || fail "ring of queue 1: \"$size\" bytes"
gpu=$(look 'cat /sys/devices/virtual/kfd/kfd/topology/nodes/1/gpu_id')
[ "$(look "cat $dir/queues/1/gpuid")" = "$gpu" ] || fail "queue 1 is not on GPU $gpu"
[ "$(look "cat $dir/vram_$gpu")" -gt 0 ] || fail "no memory of GPU $gpu is used"
[ -z "$(timeout 20 "$kfdsim" --machine "$machine-other" bash -c "ls $dir" 2>/dev/null)" ] || fail "another machine shows it too"
kill -9 $pid
wait $pid 2>/dev/null
trap - EXIT
[ -z "$(look "ls $dir")" ] || fail "the killed process is still shown"
exit $failures
