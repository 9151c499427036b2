#!/bin/sh
# SPDX-License-Identifier: MIT
# Processes that name the same job are one to the policy: two of them together have as much as a third one alone.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

shares() {
	listed true
	a=$(value 'sum(queues("one", "two") | .gpu_ns)')
	b=$(value 'sum(queues("alone") | .gpu_ns)')
	until_listed "$1: two seconds of GPU time pass" 'sum(queues("one", "two", "alone") | .gpu_ns) > $a + $b + 2000000000' \
		--argjson a "$a" --argjson b "$b"
	is_listed "$1: the two have half of it together" \
		'(sum(queues("one", "two") | .gpu_ns) - $a) / (sum(queues("one", "two", "alone") | .gpu_ns) - $a - $b) * 100 | . >= 45 and . <= 55' \
		--argjson a "$a" --argjson b "$b"
}

daemon_start --policy fair
start one XSCHED_HSA_JOB=ranks
start two XSCHED_HSA_JOB=ranks
start alone
for name in one two alone; do
	expect $name looping loop 4000 64
done
until_listed "all three run" 'any(queues("one"); .gpu_ns > 0) and any(queues("two"); .gpu_ns > 0) and any(queues("alone"); .gpu_ns > 0)'
is_listed "two of them name a job" '[.clients[] | select(.job == "ranks")] | length == 2'
shares fair
ctl policy pup >/dev/null || fail "xschedctl policy"
shares pup
for name in one two alone; do
	case $(ask $name unloop) in "done "*) ok "$name: its results" ;; *) fail "$name: its results" ;; esac
	end $name
done
finish_script
