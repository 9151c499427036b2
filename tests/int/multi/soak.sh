#!/bin/sh
# SPDX-License-Identifier: MIT
# For SOAK_SECONDS (60): four processes under a daemon, and each time something happens to one of them: it is killed, stopped or suspended, its
# priority or the policy changes, the daemon is killed or ends. What lives must have right results each time. SEED: repeats the order.
# Not part of `make check`.
set -u
XS_TEST_SECONDS=86400
export XS_TEST_SECONDS
. "$top_srcdir/tests/int/multi/common.sh"

: "${SEED:=$$}"
seed=$SEED
# random N: $random is 0 to N - 1.
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	random=$((seed / 65536 % $1))
}

policies="hpf pup fair fifo mlfq kedf"
# begin NAME
begin() {
	random 200
	start "$1" XSCHED_HSA_PRIORITY=$((random - 100))
	eval "count_$1=0"
	# It is a client from its first queue on.
	expect "$1" idle query
}

echo "SEED=$SEED"
daemon_start --policy hpf
names="a b c d"
for name in $names; do
	begin $name
done
until=$(($(date +%s) + ${SOAK_SECONDS:-60}))
round=0
while [ "$(date +%s)" -lt $until ] && [ $failed = 0 ]; do
	round=$((round + 1))
	for name in $names; do
		eval "count_$name=\$((count_$name + 20))"
		tell $name work 20 1000
	done
	random 4
	# shellcheck disable=SC2086
	set -- $names
	shift $random
	victim=$1
	pid=$(pid_of "$victim")
	stopped= killed= restart=
	random 9
	case $random in
	0) did="killed the daemon" restart=1; daemon_kill ;;
	1) did="ended the daemon" restart=1; daemon_kill TERM ;;
	2) did="killed $victim" killed=1; kill -9 "$pid" ;;
	3) did="stopped $victim" stopped=1; kill -STOP "$pid" ;;
	4) did="suspended $victim"; ctl suspend "$pid" >/dev/null 2>&1; ctl resume "$pid" >/dev/null 2>&1 ;;
	5) random 200; did="priority of $victim: $((random - 100))"; ctl set "$pid" priority=$((random - 100)) >/dev/null 2>&1 ;;
	6) random 6; did="policy"; ctl policy "$(echo $policies | cut -d' ' -f$((random + 1)))" >/dev/null 2>&1 ;;
	7) did="killed the daemon while $victim is suspended" restart=1; ctl suspend "$pid" >/dev/null 2>&1; daemon_kill ;;
	8) did="killed the daemon and $victim" restart=1 killed=1; kill -9 "$pid"; daemon_kill ;;
	esac
	for name in $names; do
		[ "$name" = "$victim" ] && [ -n "$killed$stopped" ] && continue
		got=$(hear $name)
		case $got in "launched "*) ;; *) fail "round $round ($did): $name says \"$got\"" ;; esac
		eval "count=\$count_$name"
		expect $name "done $count" wait
	done
	if [ -n "$stopped" ]; then
		kill -CONT "$pid"
		hear "$victim" >/dev/null
		eval "count=\$count_$victim"
		expect "$victim" "done $count" wait
	fi
	if [ -n "$killed" ]; then
		eval "wait \$job_$victim" 2>/dev/null
		rm -f "$dir/$victim.in" "$dir/$victim.out"
		begin "$victim"
	fi
	[ -z "$restart" ] || daemon_start --policy hpf
	[ $failed = 0 ] || echo "in round $round: $did"
done
until_listed "after $round rounds all are there" '.clients | length == 4' >"$dir/all" || true
cat "$dir/all"
for name in $names; do
	end $name
done
until_listed "and nobody is left" '.clients == []'
finish_script
