#!/bin/sh
# SPDX-License-Identifier: MIT
# Planned faults and declared kernel times, as ROCr and a HIP program meet them.
set -u

kfdsim=$top_builddir/kfdsim
program=$top_builddir/examples/vector_add
[ -x "$kfdsim" ] || { echo "skipped: kfdsim is not built"; exit 77; }
[ -x "$program" ] || { echo "skipped: examples/vector_add is not built"; exit 77; }
failures=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "$1"
	failures=$((failures + 1))
}

# meets STATUS TEXT SECONDS OPTION...: the program's status ("not0": any but 0) and what is written
meets()
{
	want=$1
	text=$2
	seconds=$3
	shift 3
	out=$(timeout "$seconds" "$kfdsim" --private --log info --stats "$work/stats.json" "$@" "$program" 2>&1)
	status=$?
	case $want in
	not0) [ $status -ne 0 ] || fail "kfdsim $*: status 0" ;;
	*) [ $status -eq "$want" ] || fail "kfdsim $*: status $status, not $want" ;;
	esac
	printf '%s\n' "$out" | grep -q -- "$text" || fail "kfdsim $*: no \"$text\" in: $out"
}

right='100000 sums are right'
meets 0 "$right" 60
meets not0 'fault: ioctl ACQUIRE_VM fails' 60 --fault ioctl:ACQUIRE_VM:errno=ENOMEM:count=all
meets 0 "$right" 60 --fault ioctl:SET_EVENT:delay=20ms
meets 0 'an event is late' 60 --fault event:late=30ms:count=all
meets 0 "$right" 60 --fault event:late=30ms:count=all
meets 0 'an event is doubled' 60 --fault event:twice:count=all
meets not0 'its memory is lost' 60 --fault gpu:reset
meets not0 'hung, reset' 60 --fault queue:reset
# ROCr waits for the kernel without end.
meets 124 'a kernel of queue' 10 --fault packet:hang
meets 124 'a doorbell of queue' 10 --fault doorbell:drop:count=all

# A kernel whose time is declared computes nothing.
meets not0 'expected 1000, got 0' 60 --kernel-time '*=2ms'
printf '# all of them\n*add*=300us:4\n' > "$work/times"
meets not0 'expected 1000, got 0' 60 --kernel-times "$work/times"
meets 0 "$right" 60 --kernel-time 'no_such_kernel=2ms'
exit $failures
