#!/bin/sh
# SPDX-License-Identifier: MIT
# Two processes that always have work share a GPU 75 to 25 under pup, and 90 to 10 after a hint; in GPU time as the daemon counts it, over an
# interval that both were there. Exact figures are bench/multi's: here a few points either way are enough.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

# shares LOW HIGH: what the larger one may have of the next two seconds of GPU time, in percent
shares() {
	listed true
	a=$(value 'sum(queues("more") | .gpu_ns)')
	b=$(value 'sum(queues("less") | .gpu_ns)')
	until_listed "two seconds of GPU time passes" \
		'sum(queues("more", "less") | .gpu_ns) > $a + $b + 2000000000' --argjson a "$a" --argjson b "$b"
	is_listed "the one with the larger share had $1 to $2 % of it" \
		'(sum(queues("more") | .gpu_ns) - $a) / (sum(queues("more", "less") | .gpu_ns) - $a - $b) * 100 | . >= $low and . <= $high' \
		--argjson a "$a" --argjson b "$b" --argjson low "$1" --argjson high "$2"
}

daemon_start --policy pup
start more XSCHED_HSA_SHARE=75
start less XSCHED_HSA_SHARE=25
expect more looping loop 4000 64
expect less looping loop 4000 64
until_listed "both have run" 'any(queues("more"); .gpu_ns > 0) and any(queues("less"); .gpu_ns > 0)'
shares 71 79
ctl set "$(pid_of more)" utilization=90 >/dev/null || fail "xschedctl set"
ctl set "$(pid_of less)" utilization=10 >/dev/null || fail "xschedctl set"
shares 86 94
for name in more less; do
	answer=$(ask $name unloop)
	case $answer in "done "*) ok "$name: $answer" ;; *) fail "$name: $answer" ;; esac
	end $name
done
finish_script
