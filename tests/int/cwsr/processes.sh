#!/bin/sh
# SPDX-License-Identifier: MIT
# A process that ends while its queue is suspended: in every way it can end, and without harm to another that shares the GPU.
set -u

program=$top_builddir/tests/int/cwsr/lv3_process
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
XS_MACHINE=lv3-$$
export XS_MACHINE
run="$top_srcdir/tests/int/run-gpu.sh"

# next_line TEXT: the other's next line of that text; what CMocka says comes between
next_line() {
	while IFS= read -r line <&4; do
		[ "$line" = "$1" ] && return 0
	done
	echo "FAILED: the other process ended instead of saying '$1'"
	exit 1
}

for mechanism in update debug; do
	XS_LV3=$mechanism
	export XS_LV3
	for how in exit _exit shut; do
		"$run" "$program" $how >"$folder/log" 2>&1
		status=$?
		grep -q '^suspended' "$folder/log" && [ $status = 0 ] || {
			echo "FAILED: $mechanism: $how ended with $status"
			cat "$folder/log"
			exit 1
		}
		echo "ok: $mechanism: $how"
	done

	mkfifo "$folder/in" "$folder/out" "$folder/held"
	"$run" "$program" work <"$folder/in" >"$folder/out" &
	exec 3>"$folder/in" 4<"$folder/out"
	next_line ready
	echo go >&3
	next_line done
	"$run" "$program" hold >"$folder/held" 2>&1 &
	exec 5<"$folder/held"
	victim=
	while [ -z "$victim" ] && IFS= read -r line <&5; do
		victim=$(echo "$line" | sed -n 's/^suspended //p')
	done
	[ -n "$victim" ] || { echo "FAILED: nothing was suspended"; exit 1; }
	echo go >&3
	next_line done
	kill -KILL "$victim"
	# Its end of the pipe closes with it.
	cat <&5 >/dev/null
	echo go >&3
	next_line done
	exec 3>&- 4<&- 5<&-
	wait
	rm -f "$folder/in" "$folder/out" "$folder/held"
	echo "ok: $mechanism: killed while suspended"
done
