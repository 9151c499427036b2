#!/bin/sh
# SPDX-License-Identifier: MIT
# The daemon is killed while it holds a process: at level 1, and while waves are saved. Gates open, waves go on, results are right.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy hpf
start low XSCHED_HSA_PRIORITY=-10 XSCHED_HSA_LEVEL=1
start high XSCHED_HSA_PRIORITY=100
expect low idle query
expect high looping loop 4000 64
until_listed "the high one runs" 'sum(queues("high") | .gpu_ns) > 0'
expect low "launched 100" work 100 1000
until_listed "the low one is held" 'any(queues("low"); .state == "held")'
tell low wait
# All of it: the high one goes on until the low one is through.
daemon_kill
hears low "done 100"
case $(ask high unloop) in "done "*) ok "the high one's results" ;; *) fail "the high one's results" ;; esac
check "the low one says what happened" grep -q "the daemon is gone; this process schedules itself until it is back" "$dir/low.err"
end low

if grep -q '^#define XS_CWSR 1' "$top_builddir/config.h"; then
	daemon_start --policy hpf
	until_listed "the high one is back" 'client("high") | .queues | length >= 1'
	start saved XSCHED_HSA_PRIORITY=-10
	expect saved started endless
	# Nothing of the high one ends before it may: it holds the GPU.
	expect high started endless
	until_listed "the low one's waves are saved" 'any(queues("saved"); .state == "held" and .preempts[2] >= 1)'
	daemon_kill
	# Both need the whole GPU, so one at a time; the low one's can only end if its waves are let go on when the high one's have ended.
	expect high "ended 1" release
	expect saved "ended 1" release
	end saved
	reported saved "its waves had been saved" '[.queues[].saves] | add >= 1'
fi
end high
finish_script
