#!/bin/sh
# SPDX-License-Identifier: MIT
# Two processes of different priority under hpf: both finish with right results, the low one was held and the high one never;
# while the high one has work, the low one gets nothing but what was let through before.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy hpf
start low XSCHED_HSA_PRIORITY=-10 XSCHED_HSA_LEVEL=1
start high XSCHED_HSA_PRIORITY=100
case $(ask high each 1 100) in "done 1 "*) ;; *) fail "the high one does not begin" ;; esac
# Long ones, against which it does not count how late the helper thread gets a processor.
expect low "launched 400" work 400 5000
until_listed "the low one runs while it is alone" 'sum(queues("low") | .dispatches) > 4 and any(queues("low"); .gate != "hold" and .state == "running")'
case $(ask high each 10 2000) in
"done 11 "*) ok "the high one's kernels are done one by one" ;;
*) fail "the high one's kernels" ;;
esac
is_listed "the low one was held for it, at level 1" 'sum(queues("low") | .preempts[0]) >= 1 and sum(queues("low") | .preempts[2]) == 0'

# The high one has work for some time.
tell low wait
expect high "launched 311" work 300 15000
until_listed "the low one is held while the high one has work" 'any(queues("low"); .state == "held") and any(queues("high"); .state == "running")'
# What was let through before comes to its end, and its process tells of it, as soon as it gets a processor.
check "what was let through before is done" until_true settled low
before=$last
base=$(value 'sum(queues("high") | .gpu_ns)')
until_listed "the high one goes on" 'sum(queues("high") | .gpu_ns) > $base + 200000000' --argjson base "$base"
is_listed "the low one had nothing meanwhile" 'sum(queues("low") | .gpu_ns) == $before and any(queues("low"); .state == "held")' \
	--argjson before "$before"
expect high "done 311" wait
hears low "done 400"
is_listed "the high one was never held" 'all(queues("high"); .preempts == [0, 0, 0] and .held_ns == 0)'
is_listed "both are listed with their priority" 'any(queues("low"); .priority == -10) and any(queues("high"); .priority == 100)'
end low
end high
reported low "the low one's report says so too" 'any(.queues[]; .held_ns > 0)'
reported low "no more than its window was let through at once" 'all(.queues[]; .max_in_flight <= 4)'
until_listed "nobody is left" '.clients == []'
finish_script
