#!/bin/sh
# SPDX-License-Identifier: MIT
# The launcher: each wrong option is refused with what would be right; statuses, the environment and the counters' file.
set -u

kfdsim=$top_builddir/kfdsim
[ -x "$kfdsim" ] || { echo "skipped: kfdsim is not built"; exit 77; }
failures=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "$1"
	failures=$((failures + 1))
}

# refused MESSAGE OPTION...
refused()
{
	message=$1
	shift
	out=$("$kfdsim" "$@" true 2>&1)
	status=$?
	[ $status -eq 2 ] || fail "kfdsim $*: status $status, not 2"
	printf '%s\n' "$out" | grep -qF -- "$message" || fail "kfdsim $*: no \"$message\" in: $out"
}

refused 'unknown device "gfx1100": give a file, or one of gfx906, gfx90a' --device gfx1100
refused 'no such device description file' --device "$work/none.ini"
refused 'must be a number from 1 to 16' --gpus 0
refused 'must be a number from 1 to 16' --gpus 17
refused 'must be a number from 1 to 16' --gpus two
refused '--gpus is for one kind of GPU' --gpus 2 --device gfx90a,gfx906
refused 'must be from 1.5 to 1.23' --kfd-version 1.24
refused 'must be error, warning, info or debug' --log loud
refused 'must name an ioctl' --fault ioctl:FROBNICATE:errno=EIO
refused 'must be a time with its unit' --fault ioctl:UPDATE_QUEUE:delay=5
refused 'must be NAME=DURATION[:CUS]' --kernel-time foo
refused 'No such file' --kernel-times "$work/none"
refused 'at most 16 GPUs' --device a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q

printf '[device]\nname = x\nsimd_count = lots\n' > "$work/wrong.ini"
refused "wrong.ini:3: simd_count = lots: must be a whole number" --device "$work/wrong.ini"

out=$("$kfdsim" 2>&1)
[ $? -eq 2 ] || fail "without a program the status is not 2"
"$kfdsim" sh -c 'exit 7'
[ $? -eq 7 ] || fail "the program's status is lost"
"$kfdsim" "$work/no-such-program" 2>/dev/null
[ $? -eq 127 ] || fail "a program that does not exist is not 127"

# The program's options are its own.
out=$("$kfdsim" echo --gpus 99)
[ "$out" = "--gpus 99" ] || fail "the program's options were taken: $out"

# The simulator comes last, and only once. A sanitizer's runtime, which the launcher needs itself, would have to be before all.
if [ -z "$SANITIZE" ]; then
	out=$(LD_PRELOAD=libm.so.6 "$kfdsim" "$kfdsim" printenv LD_PRELOAD)
	case $out in
	*libm.so.6:*libkfdsim.so*libkfdsim.so*) fail "the library is preloaded twice: $out" ;;
	*libm.so.6:*libkfdsim.so) ;;
	*) fail "order of LD_PRELOAD: $out" ;;
	esac
fi

# Debugging is announced by the versions of the driver that have it: firmware and trap bits of the capability word.
debug_bits()
{
	word=$("$kfdsim" --kfd-version "$1" awk '$1 == "capability" {print $2}' \
		/sys/devices/virtual/kfd/kfd/topology/nodes/1/properties)
	echo $((word & 0x20008000))
}
[ "$(debug_bits 1.12)" -eq 0 ] || fail "KFD 1.12 announces debugging"
[ "$(debug_bits 1.13)" -eq $((0x20008000)) ] || fail "KFD 1.13 does not announce debugging"

# A private machine is none that a process with the same number had: its children may be there still.
machines=$("$kfdsim" --private sh -c 'echo "$$ $KFDSIM_MACHINE"; exec "$@"' sh "$kfdsim" --private sh -c 'echo "$$ $KFDSIM_MACHINE"')
[ "$(echo "$machines" | cut -d' ' -f1 | uniq | wc -l)" -eq 1 ] || fail "not one process: $machines"
[ "$(echo "$machines" | cut -d' ' -f2 | uniq | wc -l)" -eq 2 ] || fail "not two machines: $machines"

# A relative name counts from where kfdsim was started.
(cd "$work" && "$kfdsim" --stats counters.json env --chdir=/ cat /sys/class/kfd/kfd/topology/generation_id >/dev/null)
grep -q '"ioctls"' "$work/counters.json" || fail "no counters in counters.json"
"$kfdsim" --stats "$work/each-%p.json" bash -c 'cat /dev/null; :'
[ "$(find "$work" -name 'each-*.json' | wc -l)" -eq 2 ] || fail "%p: not one file for each process"
if command -v rocminfo >/dev/null; then
	"$kfdsim" --stats "$work/rocminfo.json" rocminfo >/dev/null 2>&1
	tr -d ' \n' < "$work/rocminfo.json" | grep -q '"GET_VERSION":{"calls":[1-9]' || fail "rocminfo's ioctls are not counted"
fi
out=$("$kfdsim" --stats "$work/no/such/dir" true 2>&1)
printf '%s\n' "$out" | grep -q "cannot write" || fail "an unwritable file is not reported: $out"
exit $failures
