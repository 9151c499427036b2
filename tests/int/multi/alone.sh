#!/bin/sh
# SPDX-License-Identifier: MIT
# A process that has its GPU to itself is free, and nobody measures it, unless gpu-time = all says so: then what it uses is listed. The setting
# changes with SIGHUP, under a program that goes on.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

setting() {
	printf '[xschedd]\ngpu-time = %s\n' "$1" >"$dir/conf"
}

setting shared
daemon_start --config "$dir/conf" --log-level warning
start one
case $(ask one each 20 1000) in "done 20 "*) ;; *) fail "kernels" ;; esac
is_listed "alone it is free" 'all(queues("one"); .gate == "free" and .gpu_ns == 0)'

setting all
kill -HUP "$daemon"
until_listed "it is followed when that is asked for" 'any(queues("one"); .gate == "run" and .reason == "turn")'
case $(ask one each 20 1000) in "done 40 "*) ;; *) fail "kernels while it is followed" ;; esac
# Each of them reads the clock for a millisecond.
until_listed "what it used since is listed" 'sum(queues("one") | .gpu_ns) >= 20000000'
until_listed "and that it is idle" 'all(queues("one"); .state == "idle")'
is_listed "and no more" 'sum(queues("one") | .gpu_ns) < 40000000'
is_listed "nobody held it" 'all(queues("one"); .held_ns == 0 and .preempts == [0, 0, 0])'

setting shared
kill -HUP "$daemon"
until_listed "it is free again" 'all(queues("one"); .gate == "free")'
end one
finish_script
