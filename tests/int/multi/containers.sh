#!/bin/sh
# SPDX-License-Identifier: MIT
# Processes in pid and ipc namespaces of their own, as in containers, of which only the socket is shared: scheduled as any; both of their numbers and
# their cgroup are shown.
set -u
. "$top_srcdir/tests/int/multi/common.sh"

unshare --pid --ipc --fork --mount-proc true 2>/dev/null || skip "unshare: this user may not make namespaces"
daemon_start --policy hpf
launch="unshare --pid --ipc --fork --mount-proc --kill-child"
start inside XSCHED_HSA_PRIORITY=-10
launch=
start outside XSCHED_HSA_PRIORITY=100
check "it has another number inside" [ "$(pid_of inside)" -lt "$(pid_of outside)" ]
expect outside looping loop 4000 64
expect inside "launched 50" work 50 1000
until_listed "the one inside is held for the one outside" 'any(queues("inside"); .state == "held") and any(queues("outside"); .state == "running")'
is_listed "both of its numbers are shown" 'client("inside") | .pid != .container_pid and .container_pid == pid("inside")'
seen=$(value 'client("inside").pid')
check "the one that counts here is its number here" grep -q "^NSpid:.*[[:space:]]$(pid_of inside)\$" "/proc/$seen/status"
cgroup=$(sed -n 's/^0:://p' "/proc/$seen/cgroup")
[ -z "$cgroup" ] || is_listed "its cgroup is shown" 'client("inside").cgroup == $cgroup' --arg cgroup "$cgroup"
# By either number.
ctl set "$seen" priority=high >/dev/null || fail "xschedctl set"
until_listed "set by its number here" 'any(queues("inside"); .priority == 100)'
# Its number inside counts for who is inside, too, and may be anybody's here.
ctl set "$(pid_of inside)" priority=low 2>/dev/null && fail "xschedctl here takes a number of the container"
nsenter --target "$seen" --pid "$top_builddir/xschedctl" --socket "$socket" set "$(pid_of inside)" priority=101 >/dev/null || fail "xschedctl set inside"
until_listed "set by its number inside" 'any(queues("inside"); .priority == 101)'
expect inside "done 50" wait
case $(ask outside unloop) in "done "*) ;; *) fail "the results outside" ;; esac
end inside
end outside
finish_script
