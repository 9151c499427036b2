#!/bin/sh
# SPDX-License-Identifier: MIT
# Each GPU is a scheduling domain of its own: a process on GPU 1 is never held because of one on GPU 0.
set -u
gpu_options="--device $top_srcdir/bench/small.ini --gpus 2"
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy hpf
start low XSCHED_HSA_PRIORITY=-10
start high XSCHED_HSA_PRIORITY=100
start other XSCHED_HSA_PRIORITY=-10
answer=$(ask other gpu 1)
[ "$answer" = "gpu 1" ] || skip "there is no second GPU: $answer"
expect low idle query
expect high looping loop 4000 64
until_listed "on GPU 0 the high one runs" 'any(queues("high"); .state == "running")'
expect low "launched 20" work 20 1000
until_listed "on GPU 0 the low one is held" 'any(queues("low"); .state == "held")'
expect other "launched 100" work 100 1000
expect other "done 100" wait
is_listed "on GPU 1 an equally low one ran and was never held" \
	'[queues("other")] | length >= 1 and all(.gate == "free" and .preempts == [0, 0, 0] and .held_ns == 0)'
is_listed "the low one on GPU 0 is held still" 'any(queues("low"); .state == "held" and .gpu == $gpu)' --argjson gpu "$(value 'first(queues("high")).gpu')"
is_listed "they are on two GPUs" 'first(queues("high")).gpu == first(queues("low")).gpu and any(queues("other"); .gpu != $gpu)' \
	--argjson gpu "$(value 'first(queues("high")).gpu')"
case $(ask high unloop) in "done "*) ;; *) fail "the high one's results" ;; esac
expect low "done 20" wait
end other
reported other "its report says so too" '[.queues[] | select(.dispatches >= 100)] | length == 1 and all(.held_ns == 0)'
for name in low high; do
	end $name
done
finish_script
