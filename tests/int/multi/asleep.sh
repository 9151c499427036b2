#!/bin/sh
# SPDX-License-Identifier: MIT
# A process whose threads do not get a processor, while its GPU goes on, is held all the same: the daemon closes the brakes between its packets. It
# has no more than a window, of all that it had published; what was held comes, in order, when it goes on.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

# Kernels of 1 ms: a window has a hundred, and up to 24 windows are published.
daemon_start --policy hpf --window-us 100000
start low XSCHED_HSA_PRIORITY=-10 XSCHED_HSA_LEVEL=2
start high XSCHED_HSA_PRIORITY=100
case $(ask high each 1 100) in "done 1 "*) ;; *) fail "the high one does not begin" ;; esac
where=$(ask low where)
groups=${where#* }
mkfifo "$dir/freeze.in" "$dir/freeze.out"

# kernels: how many the frozen one has done
kernels() {
	echo count >&8
	IFS= read -r ends <&9 && echo $((ends / groups))
}

# still: it does none any more; $done_kernels are done
still() {
	done_kernels=$(kernels)
	sleep 0.3
	[ "$(kernels)" = "$done_kernels" ]
}

beyond() {
	[ "$(kernels)" -gt "$1" ]
}

expect low "launched 3000" work 3000 1000
until_listed "the low one runs while it is alone" 'sum(queues("low") | .dispatches) > 20 and any(queues("low"); .state == "running")'
"$top_builddir/tests/int/multi/freeze" "$(pid_of low)" "${where% *}" <>"$dir/freeze.in" >"$dir/freeze.out" 2>"$dir/freeze.err" &
pids="$pids $!"
exec 8>"$dir/freeze.in" 9<"$dir/freeze.out"
IFS= read -r answer <&9 || answer=$(cat "$dir/freeze.err")
case $answer in
"frozen "*) ok "the low one is $answer" ;;
*permitted*) skip "$answer" ;;
*) fail "the low one was not frozen: $answer" ;;
esac
base=$(kernels)
check "its GPU goes on" until_true beyond $((base + 5))

# The high one has work for as long as this takes.
case $(ask high each 1 100) in
"done 2 "*) ;;
*) fail "the high one's kernel" ;;
esac
expect high "launched 1002" work 1000 15000
until_listed "the low one is held" 'any(queues("low"); .state == "held")'
before=$(kernels)
check "the low one's GPU comes to a stop" until_true still
check "within its window ($before kernels were done when it was held, then $done_kernels; 3000 were launched)" [ $((done_kernels - before)) -le 150 ]
echo go >&8
IFS= read -r answer <&9
check "it goes on" [ "$answer" = "gone on" ]
kill "$(pid_of high)"
tell low wait
hears low "done 3000"
end low
finish_script
