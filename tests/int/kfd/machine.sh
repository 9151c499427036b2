#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that are started separately share the GPUs of their machine, and nothing of it is left however they end.
set -u
: "${top_builddir:=$(pwd)}"
kfdsim=$top_builddir/kfdsim
program=$top_builddir/tests/int/kfd/hold
name=test-machine-$$
[ -x "$kfdsim" ] || { echo "skipped: $kfdsim is not built"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

fail()
{
	echo "FAIL: $1"
	failed=1
}

# hold GIB: takes that much VRAM, prints what the whole machine uses, and stays until its input ends.
start()
{
	mkfifo "$dir/in$1"
	"$kfdsim" $2 -- "$program" "$3" <"$dir/in$1" >"$dir/out$1" 2>"$dir/err$1" &
	eval "pid$1=$!"
	eval "exec $4>\"\$dir/in$1\""
	n=0
	until [ -s "$dir/out$1" ] || [ $n -ge 200 ]; do
		kill -0 "$(eval echo \$pid$1)" 2>/dev/null || break
		sleep 0.1
		n=$((n + 1))
	done
	if grep -q skipped "$dir/out$1"; then
		cat "$dir/out$1"
		exit 77
	fi
	cat "$dir/err$1"
}

used()
{
	cat "$dir/out$1"
}

start 1 "--machine $name" 1 7
start 2 "--machine $name" 2 8
[ "$(used 1)" = 1 ] || fail "the first sees $(used 1) GiB in use, not 1"
[ "$(used 2)" = 3 ] || fail "the second sees $(used 2) GiB in use, not 3"
start 3 "--private" 4 9
[ "$(used 3)" = 4 ] || fail "one on a machine of its own sees $(used 3) GiB in use, not 4"
start 4 "--machine $name --device gfx906" 1 6
[ "$(used 4)" = 1 ] || fail "another kind of GPU sees $(used 4) GiB in use, not 1"
grep -q "@kfdsim/[0-9]*/$name" /proc/net/unix || fail "no name in /proc/net/unix, so the end of this test proves nothing"

# The founder dies; the others go on, and what it had is free again.
kill -9 "$pid1"
wait "$pid1" 2>/dev/null
start 5 "--machine $name" 1 5
[ "$(used 5)" = 3 ] || fail "after the first was killed, $(used 5) GiB are in use, not 3"

kill -9 "$pid2" "$pid3" "$pid4" "$pid5"
wait 2>/dev/null
grep "@kfdsim/[0-9]*/$name" /proc/net/unix && fail "names are left"
for place in /dev/shm /tmp /run; do
	left=$(find "$place" -maxdepth 1 -name "*kfdsim*" -newer "$dir/in1" 2>/dev/null)
	[ -z "$left" ] || fail "left behind: $left"
done
exit $failed
