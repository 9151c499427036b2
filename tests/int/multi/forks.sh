#!/bin/sh
# SPDX-License-Identifier: MIT
# Children of a scheduled process: one that only forks is no client, does no harm, and does not keep its parent's place; a program that it
# starts is a client of its own.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

daemon_start --policy hpf
start parent XSCHED_HSA_PRIORITY=7
case $(ask parent each 1 100) in "done 1 "*) ;; *) fail "the parent does not begin" ;; esac
until_listed "one client for one process" '.clients | length == 1'
answer=$(ask parent fork)
child=${answer#child }
pids="$pids $child"
expect parent "child ended 0" forkexit
is_listed "a child that forked is none" '.clients | length == 1'
expect parent "launched 21" work 20 200
expect parent "done 21" wait

# A program that it starts is a client of its own; kernels of both run meanwhile.
expect parent "launched 41" work 20 200
answer=$(ask parent spawn each:1:100)
program=${answer#spawned }
until_listed "a program that it starts is a client of its own" \
	'[.clients[].container_pid] | length == 2 and any(. == $program)' --argjson program "$program"
until_listed "with the same settings" \
	'.clients[] | select(.container_pid == $program) | any(.queues[]; .priority == 7)' --argjson program "$program"
expect parent "done 41" wait
expect parent "reaped 0" reap
until_listed "its place ends with it" '.clients | length == 1'
check "its results are right" grep -q '^done 1 ' "$dir/parent.err"

end parent
kill -0 "$child" || fail "the child does not live any more"
until_listed "the parent's place ends with it, though a child of it lives" '.clients == []'
kill -9 "$child"
finish_script
