#!/bin/sh
# SPDX-License-Identifier: MIT
# Several processes that share a GPU: examples/online and examples/offline natively and under xschedd. Prints a table, or
# with --json one object with a member for each test.
#
#   bench/multi.sh [--build DIR] [--json] [--quick] [--realtime] [--device FILE] [TEST...]
#
#   --build DIR    where `make` was (default: the current folder)
#   --quick        few samples: shows that it runs
#   --realtime     programs under chrt -r 1 and the daemon under 2, for a machine that does other things too (root)
#   --device FILE  what kfdsim simulates (default: bench/small.ini)
#   TEST           2.1 (priority), 2.2 (partition), 2.3 (sixteen processes), 4.2 (two in a loop), 5.3 (two GPUs); all if not given
#
# On this machine's GPU if it has one; else on kfdsim with kernels of a declared time, which cost the host little. Latencies are
# the programs' own, on the host's clock: a busy host shows in all of them. Benchmarks measure, tests decide.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
build=$(pwd) json=0 quick=0 realtime= tests= device=$top/bench/small.ini
while [ $# -gt 0 ]; do
	case $1 in
	--build) build=$(cd "$2" && pwd) || exit 2; shift ;;
	--json) json=1 ;;
	--quick) quick=1 ;;
	--realtime) realtime="chrt -r 1" ;;
	--device) device=$2; shift ;;
	2.1 | 2.2 | 2.3 | 4.2 | 5.3) tests="$tests $1" ;;
	*) echo "usage: multi.sh [--build DIR] [--json] [--quick] [--realtime] [--device FILE] [2.1] [2.2] [2.3] [4.2] [5.3]" >&2; exit 2 ;;
	esac
	shift
done
: "${tests:=2.1 2.2 2.3 4.2 5.3}"
for file in xschedd xschedctl kfdsim examples/online examples/offline .libs/libxsched_hsa.so; do
	[ -e /dev/kfd ] && [ $file = kfdsim ] && continue
	[ -e "$build/$file" ] || { echo "multi.sh: $build/$file is not built" >&2; exit 1; }
done

dir=$(mktemp -d) || exit 1
daemon= pids=
cleanup() {
	for pid in $pids $daemon; do
		# Most are gone by the end, and their numbers may be others'.
		[ "$pid" = "$daemon" ] || grep -qszxF "XS_MULTI=$dir" "/proc/$pid/environ" || continue
		kill -9 "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

die() {
	echo "multi.sh: $1" >&2
	tail -n 5 "$dir"/*.err "$dir"/daemon.log >&2 2>/dev/null
	exit 1
}

# few QUICK OTHERWISE
few() {
	if [ $quick = 1 ]; then echo "$1"; else echo "$2"; fi
}

daemon_start() {
	${realtime:+chrt -r 2} "$build/xschedd" --socket "$dir/socket" --policy "$1" >"$dir/daemon.log" 2>&1 &
	daemon=$!
	tries=0
	until "$build/xschedctl" --socket "$dir/socket" policy >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || die "the daemon does not answer"
		sleep 0.05
	done
}

daemon_stop() {
	[ -n "$daemon" ] || return 0
	kill "$daemon"
	wait "$daemon" 2>/dev/null
	daemon=
}

# begin NAME VARIABLES PROGRAM [ARGUMENT...]: its output in $dir/NAME.out, its process in $begun. Scheduled if there is a daemon.
# $online_us, $offline_us: the times of the kernels. $gpus: how many.
begin() {
	name=$1
	variables=$2
	program=$3
	shift 3
	case $program in
	online) us=$online_us ;;
	offline) us=$offline_us ;;
	esac
	if [ -n "$daemon" ]; then
		variables="$variables HSA_TOOLS_LIB=$build/.libs/libxsched_hsa.so XSCHED_HSA_SOCKET=$dir/socket"
	fi
	sim=
	[ -e /dev/kfd ] || sim="$build/kfdsim --machine multi-$$ --device $device --gpus ${gpus:-1} -t answer_request=${us}us -t work_batch=${us}us --"
	# shellcheck disable=SC2086
	env XS_MULTI="$dir" $variables $realtime $sim "$build/examples/$program" --kernel-us "$us" "$@" >"$dir/$name.out" 2>"$dir/$name.err" &
	begun=$!
	pids="$pids $begun"
}

# is_ready NAME...: until each has run something.
is_ready() {
	tries=0
	for name in "$@"; do
		until grep -qs ready "$dir/$name.err"; do
			tries=$((tries + 1))
			[ $tries -lt 1200 ] || die "$name does not begin"
			sleep 0.05
		done
	done
}

# end PID...
end() {
	for pid in "$@"; do
		wait "$pid" || die "a program ended with status $?"
	done
}

# stop PID...: they go on until they are told to end.
stop() {
	for pid in "$@"; do
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
}

# latencies NAME: of an online program, without the samples
latencies() {
	jq -c 'del(.latency_us, .answered)' "$dir/$1.out"
}

against_alone='(map(select(.row == "alone"))[0]) as $alone | map(.p50_ratio = .p50_us / $alone.p50_us | .p99_ratio = .p99_us / $alone.p99_us)'

# How the low one may be stopped, in each mode.
mode_begin() {
	case $1 in
	native | alone) low= ;;
	"level 1") low="XSCHED_HSA_LEVEL=1" ;;
	"level 2") low="XSCHED_HSA_LEVEL=2" ;;
	"level 3") low="XSCHED_HSA_LEVEL=3" ;;
	esac
	case $1 in
	native | alone) ;;
	*) daemon_start hpf ;;
	esac
}

# What is told of a row with samples.
row_of='.requests = (.latency_us | length) | .latency_us |= sort | .p50_us = .latency_us[.requests * 0.5 | floor] |
	.p90_us = .latency_us[.requests * 0.9 | floor] | .p99_us = .latency_us[.requests * 0.99 | floor] | .max_us = .latency_us[-1] | del(.latency_us)'

# priority_round REQUESTS PERIOD_US KERNELS
priority_round() {
	for mode in alone native "level 1" "level 2" "level 3"; do
		mode_begin "$mode"
		done_kernels=null
		if [ "$mode" != alone ]; then
			begin low "XSCHED_HSA_PRIORITY=-100 $low" offline --kernels "$3" --json
			low_pid=$begun
			is_ready low
		fi
		begin high XSCHED_HSA_PRIORITY=100 online --requests "$1" --period-us "$2" --json
		end $begun
		if [ "$mode" != alone ]; then
			# kfdsim and env became the program, so that the signal reaches it.
			[ "$3" != 0 ] || kill "$low_pid"
			end "$low_pid"
			done_kernels=$(jq .kernels "$dir/low.out")
		fi
		daemon_stop
		jq -c --arg mode "$mode" --argjson kernels "$done_kernels" '{row: $mode, low_kernels: $kernels, latency_us}' "$dir/high.out"
	done
}

# priority ROUNDS REQUESTS PERIOD_US KERNELS: rows of 2.1, each of the samples of all rounds; KERNELS 0: the low one goes on as long as the high
# one. What slows the host for a while slows all modes.
priority() {
	for round in $(seq "$1"); do
		priority_round "$2" "$3" "$4"
	done | jq -sc '[group_by(.row)[] | .[0] + {low_kernels: (map(.low_kernels) | if any(. == null) then null else add end),
		latency_us: map(.latency_us[])} | '"$row_of] | $against_alone"
}

test_2_1() {
	online_us=10000 offline_us=60000
	plan=$(priority 1 "$(few 3 10)" "$(few 100000 500000)" "$(few 20 100)") || exit 1
	offline_us=2000
	load2=$(priority "$(few 1 4)" "$(few 10 200)" 50000 0) || exit 1
	offline_us=1000
	load1=$(priority "$(few 1 4)" "$(few 10 200)" 50000 0) || exit 1
	jq -n --argjson plan "$plan" --argjson load2 "$load2" --argjson load1 "$load1" '{"60 ms kernels in the way, 2 % load": $plan,
		"2 ms kernels in the way, 20 % load": $load2, "1 ms kernels in the way, 20 % load": $load1}'
}

# Two programs that always have work, by what they did of it within the same seconds.
partition() {
	count_ms=$(few 1000 6000)
	from_ms=$(awk '{printf "%d", $1 * 1000 + 3000}' /proc/uptime)
	offline_us=$1
	begin more XSCHED_HSA_SHARE="$3" offline --from-ms "$from_ms" --count-ms "$count_ms" --json
	first=$begun
	offline_us=$2
	begin less XSCHED_HSA_SHARE="$4" offline --from-ms "$from_ms" --count-ms "$count_ms" --json
	end "$first" $begun
	jq -nc --slurpfile more "$dir/more.out" --slurpfile less "$dir/less.out" --argjson a "$1" --argjson b "$2" --argjson ms "$count_ms" '
		($more[0].counted * $a / 1000) as $m | ($less[0].counted * $b / 1000) as $l |
		{more_ms: $m, less_ms: $l, share_percent: (100 * $m / ($m + $l)), busy: (($m + $l) / $ms)}'
}

test_2_2() {
	for times in "1000 1000" "1000 4000" "4000 1000"; do
		# shellcheck disable=SC2086
		native=$(partition $times 1 1) || exit 1
		for shares in "75 25" "90 10"; do
			daemon_start pup
			# shellcheck disable=SC2086
			ours=$(partition $times $shares) || exit 1
			daemon_stop
			jq -nc --arg times "$times" --arg shares "$shares" --argjson native "$native" --argjson ours "$ours" '
				($shares | split(" ") | map(tonumber)) as [$wanted, $rest] |
				{kernels_us: ($times | split(" ") | map(tonumber)), wanted_percent: $wanted, share_percent: $ours.share_percent,
				native_share_percent: $native.share_percent, points: ($ours.share_percent - $wanted | fabs),
				throughput_ratio: ($ours.busy / $native.busy)}'
		done
	done | jq -s .
}

# sixteen MODE HIGH: how many of the sixteen are of high priority.
sixteen() {
	high_count=$2 i=1 names= high_pids= low_pids=
	[ "$1" = native ] || [ "$1" = alone ] || daemon_start hpf
	while [ $i -le 16 ]; do
		[ "$1" = alone ] && [ $i -gt 1 ] && break
		if [ $i -gt "$high_count" ]; then
			begin "p$i" XSCHED_HSA_PRIORITY=-100 online --requests 1000000 --period-us 0 --json
			low_pids="$low_pids $begun"
			names="$names p$i"
		fi
		i=$((i + 1))
	done
	# shellcheck disable=SC2086
	is_ready $names
	i=1
	while [ $i -le "$high_count" ]; do
		begin "p$i" XSCHED_HSA_PRIORITY=100 online --requests "$(few 10 200)" --period-us 0 --json
		high_pids="$high_pids $begun"
		i=$((i + 1))
	done
	# shellcheck disable=SC2086
	end $high_pids
	# shellcheck disable=SC2086
	stop $low_pids
	daemon_stop
	i=1
	while [ $i -le "$high_count" ]; do
		cat "$dir/p$i.out"
		i=$((i + 1))
	done | jq -sc --arg row "$1" '{row: $row, latency_us: map(.latency_us[])} | '"$row_of"
}

test_2_3() {
	online_us=2000
	{
		sixteen alone 1 && sixteen "1 high, 15 low" 1 && sixteen "3 high, 13 low" 3 && sixteen native 1
	} | jq -s "$against_alone"
}

test_4_2() {
	online_us=5000
	for mode in native xschedd; do
		[ $mode = native ] || daemon_start hpf
		begin low XSCHED_HSA_PRIORITY=-100 online --requests 1000000 --period-us 0 --json
		low_pid=$begun
		is_ready low
		begin high XSCHED_HSA_PRIORITY=100 online --requests "$(few 10 200)" --period-us 0 --json
		end $begun
		# That it was not in the way for ever: a low one that has an end.
		stop "$low_pid"
		begin low XSCHED_HSA_PRIORITY=-100 online --requests "$(few 10 200)" --period-us 0 --json
		low_pid=$begun
		is_ready low
		begin high2 XSCHED_HSA_PRIORITY=100 online --requests "$(few 5 50)" --period-us 0 --json
		end $begun "$low_pid"
		daemon_stop
		jq -nc --arg row $mode --slurpfile high "$dir/high.out" --slurpfile low "$dir/low.out" '{row: $row,
			high: ($high[0] | {p50_us, p99_us, per_second: (1e6 / (.latency_us | add / length))}),
			low: ($low[0] | {p50_us, p99_us, requests, per_second: (1e6 / (.latency_us | add / length))})}'
	done | jq -s .
}

test_5_3() {
	online_us=5000 offline_us=5000 gpus=2
	[ ! -e /dev/kfd ] || [ "$(rocm_agent_enumerator 2>/dev/null | grep -cvx gfx000)" -ge 2 ] || die "5.3 needs two GPUs"
	for mode in alone beside; do
		daemon_start hpf
		if [ $mode = beside ]; then
			begin other "XSCHED_HSA_PRIORITY=100 ROCR_VISIBLE_DEVICES=0" offline
			other=$begun
			is_ready other
		fi
		begin mine "XSCHED_HSA_PRIORITY=-100 ROCR_VISIBLE_DEVICES=1 XSCHED_HSA_STATS=$dir/report" online --requests "$(few 10 100)" --period-us 20000 --json
		end $begun
		if [ $mode = beside ]; then
			kill "$other"
			end "$other"
		fi
		daemon_stop
		latencies mine | jq -c --arg row $mode --slurpfile report "$dir/report" '{row: $row, held_ns: ([$report[0].queues[].held_ns] | add)} + .'
	done | jq -s "$against_alone"
	gpus=1
}

for test in $tests; do
	# Each in a shell of its own, whose result is an object.
	result=$("test_$(echo "$test" | tr . _)") || exit 1
	if [ $json = 1 ]; then
		jq -nc --arg test "$test" --argjson result "$result" '{($test): $result}' >>"$dir/all"
		continue
	fi
	echo "$test"
	echo "$result" | jq -r '
		(if type == "object" then to_entries[] else {key: null, value: .} end) |
		(if .key then "  " + .key else empty end),
		(.value | (.[0] | keys_unsorted) as $columns | ($columns | "  " + join("\t")),
			(.[] | [.[$columns[]]] | map(if type == "number" then (. * 1000 | round / 1000) else . end | tostring) | "  " + join("\t")))'
done
[ $json = 0 ] || jq -s 'add' "$dir/all"
