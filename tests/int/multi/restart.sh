#!/bin/sh
# SPDX-License-Identifier: MIT
# The daemon ends and comes again, under load: the processes are there again, with their queues and hints, and their results are right.
# ROUNDS: how often (3).
set -u
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy hpf
start low XSCHED_HSA_PRIORITY=-10 XSCHED_HSA_WINDOW_US=500
start high XSCHED_HSA_PRIORITY=100 XSCHED_HSA_JOB=online
expect low looping loop 2000 64
round=0
while [ $round -lt "${ROUNDS:=3}" ] && [ $failed = 0 ]; do
	round=$((round + 1))
	# Each time something is in flight, or held.
	expect high "launched $((10 * round))" work 10 1000
	case $((round % 3)) in
	0) daemon_kill TERM ;;
	1) until_listed "round $round: the low one is held" 'any(queues("low"); (.preempts | add) >= 1)' && daemon_kill ;;
	2) daemon_kill ;;
	esac
	expect high "done $((10 * round))" wait
	daemon_start --policy hpf
	until_listed "round $round: all is there again" \
		'any(queues("low"); .priority == -10) and any(queues("high"); .priority == 100) and client("high").job == "online" and client("high").program == "worker.gpu"'
	until_listed "round $round: and runs" 'any(queues("low"); .gpu_ns > 0)'
done
expect high "launched $((10 * round + 5))" work 5 1000
expect high "done $((10 * round + 5))" wait
is_listed "after $round rounds the low one is held for the high one as before" 'any(queues("low"); (.preempts | add) >= 1)'
answer=$(ask low unloop)
case $answer in "done "*) ok "the low one: $answer" ;; *) fail "the low one: $answer" ;; esac
end low
end high
finish_script
