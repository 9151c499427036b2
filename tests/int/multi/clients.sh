#!/bin/sh
# SPDX-License-Identifier: MIT
# A process that holds the GPU is killed, or stopped: the others go on.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy hpf
start low XSCHED_HSA_PRIORITY=-10
start high XSCHED_HSA_PRIORITY=100
expect low idle query

# Killed with work before it.
expect high looping loop 4000 64
until_listed "the high one runs" 'sum(queues("high") | .gpu_ns) > 0'
expect low "launched 50" work 50 1000
until_listed "the low one is held" 'any(queues("low"); .state == "held")'
kill -9 "$(pid_of high)"
expect low "done 50" wait
eval "wait \$job_high"
until_listed "the killed one is forgotten" '[.clients[].container_pid] == [pid("low")]'

# Stopped with work before it: what it has in flight ends, and then it counts as idle.
start stopped XSCHED_HSA_PRIORITY=100
expect stopped looping loop 4000 64
until_listed "another high one runs" 'sum(queues("stopped") | .gpu_ns) > 0'
expect low "launched 100" work 50 1000
until_listed "the low one is held again" 'any(queues("low"); .state == "held")'
kill -STOP "$(pid_of stopped)"
expect low "done 100" wait
kill -CONT "$(pid_of stopped)"
case $(ask stopped unloop) in "done "*) ok "the stopped one went on" ;; *) fail "the stopped one's results" ;; esac
end stopped
end low
finish_script
